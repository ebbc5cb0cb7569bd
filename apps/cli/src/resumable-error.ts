import { CoreError } from "@graft/core";
import type { CliEnvironment } from "./env.ts";
import { nextCommand } from "./self-command.ts";

/** What another place for the model helps against. */
const OF_A_PLACE = new Set(["conflict", "bad-input"]);

/** The error of a run that has something to go on from, with the command that does. */
export function resumableError(error: unknown, environment: CliEnvironment, run: string): unknown {
  if (!(error instanceof CoreError)) return error;
  const elsewhere = OF_A_PLACE.has(error.code) ? ["--out", "FOLDER"] : [];
  const command = nextCommand(environment, ["runs", "resume", run, ...elsewhere]);
  return new CoreError(
    error.code,
    { what: error.message, fix: `What is done is kept; go on with: ${command}` },
    { cause: error, facts: error.facts },
  );
}
