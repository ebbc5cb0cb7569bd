import { fetchWeights, listWeights, nodeFetch } from "@graft/core/node";
import { UsageError } from "../../exit/exit-codes.ts";
import { checkAddress } from "../../options/check-flags.ts";
import { print, printJson } from "../../output/stdout.ts";
import { byteSize, table } from "../../output/text.ts";
import type { CommandContext } from "../../session/context.ts";
import { Session } from "../../session/session.ts";

/** `graft weights list`: what `--weights` takes by name, and what is here. */
export async function list({ environment, json }: CommandContext): Promise<void> {
  const entries = await listWeights({ home: environment.home, env: environment.variables });
  if (json) {
    for (const entry of entries) printJson(entry);
    return;
  }
  const rows = entries.map(({ name, cached, damaged, bytes, inputRange, note = "" }) => [
    name,
    damaged ? "damaged" : cached ? "here" : "not fetched",
    bytes === undefined ? "-" : byteSize(bytes),
    `[${inputRange.join(", ")}]`,
    note,
  ]);
  print(table([["weights", "", "size", "pixels in", ""], ...rows]));
}

/** `graft weights fetch [NAME]`: downloads, checks and keeps them. */
export async function fetch(context: CommandContext, name: string): Promise<void> {
  checkName(name);
  const { home, variables } = context.environment;
  await using session = new Session(context);
  const entry = await fetchWeights(name, {
    home,
    env: variables,
    fetch: nodeFetch(variables),
    signal: session.signal,
    onNotice: (text) => session.notice(text),
    onProgress: (progress) => session.fetching("Fetching weights", progress),
  });
  session.status("");
  if (context.json) printJson(entry);
  else print(`${entry.name} is here${entry.path === undefined ? "" : `: ${entry.path}`}`);
}

/** @throws UsageError for what cannot be fetched by name, before anything is asked for. */
function checkName(name: string): void {
  if (["imagenet", "bundled"].includes(name)) return;
  if (name.includes("://")) {
    checkAddress(name);
    return;
  }
  const isFile = /[./\\]/.test(name);
  let why = isFile ? "A file needs no fetching: give it as --weights." : "No weights have this name.";
  if (name === "auto") why = "auto is not a set of weights: it picks imagenet or bundled.";
  const received = JSON.stringify(name);
  throw new UsageError(`${why} Received: ${received}. Expected: imagenet, or an address (https://…).`);
}
