import { CoreError } from "@graft/core";
import type { RunRecord } from "@graft/core/node";
import type { CliEnvironment } from "./env.ts";
import { nextCommand } from "./self-command.ts";

/** What another place for the model helps against. */
const OF_A_PLACE = new Set(["conflict", "bad-input"]);

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

type RunFacts = Pick<RunRecord, "id" | "config" | "epochs">;

/** What a stopped run goes on from. @param epochs finished ones that are on disk. */
export function keptText(epochs: number, { config }: Pick<RunRecord, "config">): string {
  return epochs === 0
    ? "no epoch is kept yet, what was computed of the images is"
    : `kept up to epoch ${epochs} of ${config.epochs}`;
}

/** The error of a run that can be gone on with, with what is kept of it and the command that does. */
export function resumableError(error: unknown, environment: CliEnvironment, run: RunFacts): unknown {
  if (!(error instanceof CoreError)) return error;
  const elsewhere = OF_A_PLACE.has(error.code) ? ["--out", "FOLDER"] : [];
  const command = nextCommand(environment, ["runs", "resume", run.id, ...elsewhere]);
  // a killed process did not say
  const kept = run.epochs === undefined ? "" : `${keptText(run.epochs, run)}; `;
  return new CoreError(
    error.code,
    { what: error.message, fix: capitalized(`${kept}go on with: ${command}`) },
    { cause: error, facts: error.facts },
  );
}
