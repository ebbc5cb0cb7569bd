import { CoreError, capitalized, maxEpochs } from "@graft/core";
import type { RunRecord } from "@graft/core/node";
import type { CliEnvironment } from "../environment/env.ts";
import { nextCommand } from "../environment/self-command.ts";

/** What another place for the model helps against. */
const OF_A_PLACE = new Set(["conflict", "bad-input"]);

type RunFacts = Pick<RunRecord, "id" | "config" | "epochs" | "steps">;

/** What of a run is on disk. */
interface Kept {
  /** Finished ones. */
  readonly epochs: number;
  /** Steps of the next one. */
  readonly steps?: number;
}

/** What a stopped run goes on from. */
export function keptText({ epochs, steps = 0 }: Kept, { config }: Pick<RunRecord, "config">): string {
  if (epochs === 0 && steps === 0)
    return "no epoch is finished yet, but the features computed so far are kept";
  const ofNext = steps === 0 ? "" : ` and ${steps} ${steps === 1 ? "step" : "steps"} of the next`;
  return `kept up to epoch ${epochs} of ${maxEpochs(config)}${ofNext}`;
}

/** The error of a run that can be gone on with, with what is kept of it and the command that does. */
export function resumableError(error: unknown, environment: CliEnvironment, run: RunFacts): unknown {
  if (!(error instanceof CoreError)) return error;
  const elsewhere = OF_A_PLACE.has(error.code) ? ["--out", "FOLDER"] : [];
  const command = nextCommand(environment, ["runs", "resume", run.id, ...elsewhere]);
  // a killed process did not say
  const { epochs, steps } = run;
  const kept = epochs === undefined ? "" : `${keptText({ epochs, ...(steps ? { steps } : {}) }, run)}; `;
  return new CoreError(
    error.code,
    { what: error.message, fix: capitalized(`${kept}resume with: ${command}`) },
    { cause: error, facts: error.facts },
  );
}
