import { installEngine, probeBackends } from "@graft/backend-select";
import { nextCommand } from "../../environment/self-command.ts";
import { UsageError } from "../../exit/exit-codes.ts";
import { refusalsText } from "../../output/refusals-text.ts";
import { print, printJson } from "../../output/stdout.ts";
import { table } from "../../output/text.ts";
import type { CommandContext } from "../../session/context.ts";
import { Session } from "../../session/session.ts";

const INSTALLABLE = ["tensorflow", "tensorflow-cuda"] as const;

/** `graft engines list`: the usable ones in the order in which they are tried, and why the others are not. */
export async function list({ environment, json }: CommandContext): Promise<void> {
  const rows = [["engine", "kind", "device"]];
  const refusals: { id: string; reason: string }[] = [];
  for await (const probe of probeBackends({ home: environment.home, env: environment.variables })) {
    if (json) printJson(probe);
    else if (probe.usable) rows.push([probe.id, probe.kind, probe.device.name]);
    else refusals.push(probe);
  }
  if (!json) print([table(rows), refusalsText(refusals)].filter((text) => text !== "").join("\n\n"));
}

/** `graft engines install NAME`: builds an engine into HOME/engines; what the build says goes to stderr. */
export async function install(context: CommandContext, name: string): Promise<void> {
  const engine = INSTALLABLE.find((installable) => installable === name);
  if (engine === undefined)
    throw new UsageError(
      `There is no engine of this name to install. Received: ${JSON.stringify(name)}. Expected: ${INSTALLABLE.join(" or ")}.`,
    );
  const { environment } = context;
  // pip and make run in process groups of their own, which Ctrl-C does not reach
  await using session = new Session(context);
  await installEngine(engine, {
    home: environment.home,
    env: environment.variables,
    signal: session.signal,
    onLine: (line) => void process.stderr.write(`${line}\n`),
  });
  process.stderr.write(`Installed. See it with: ${nextCommand(environment, ["engines", "list"])}\n`);
}
