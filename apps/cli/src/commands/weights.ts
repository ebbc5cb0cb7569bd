import { fetchWeights, listWeights, nodeFetch } from "@graft/core/node";
import { print, printJson } from "../output/stdout.ts";
import { byteSize, table } from "../output/text.ts";
import type { CommandContext } from "../program.ts";
import { Session } from "../session.ts";

/** `graft weights list`: what `--weights` takes by name, and what is here. */
export async function list({ environment, json }: CommandContext): Promise<void> {
  const entries = await listWeights({ home: environment.home, env: environment.variables });
  if (json) {
    for (const entry of entries) printJson(entry);
    return;
  }
  const rows = entries.map(({ name, cached, bytes, inputRange, note = "" }) => [
    name,
    cached ? "here" : "not fetched",
    bytes === undefined ? "-" : byteSize(bytes),
    `[${inputRange.join(", ")}]`,
    note,
  ]);
  print(table([["weights", "", "size", "pixels in", ""], ...rows]));
}

/** `graft weights fetch [NAME]`: downloads, checks and keeps them. */
export async function fetch(context: CommandContext, name: string): Promise<void> {
  const { home, variables } = context.environment;
  await using session = new Session(context);
  const entry = await fetchWeights(name, {
    home,
    env: variables,
    fetch: nodeFetch(variables),
    signal: session.signal,
    onNotice: (text) => session.notice(text),
    onProgress: ({ done, total }) =>
      session.status(`Fetching weights  ${byteSize(done)}${total ? ` of ${byteSize(total)}` : ""}`),
  });
  session.status("");
  if (context.json) printJson(entry);
  else print(`${entry.name} is here${entry.path === undefined ? "" : `: ${entry.path}`}`);
}
