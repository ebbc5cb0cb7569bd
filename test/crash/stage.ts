import type { RunWatcher } from "./run-watcher.ts";

/** What a client does, as far as it matters when something is killed; "start": the server is not up again yet. */
export const PHASES = ["upload", "import", "extraction", "training", "export", "start"] as const;
export type Phase = (typeof PHASES)[number];

/** Where a client's work happens: something may be done to the server meanwhile. */
export interface Stage {
  during<T>(phase: "upload" | "import" | "export", work: () => Promise<T>): Promise<T>;
  /** @param runs that are followed meanwhile: each is in extraction, then in training. */
  training<T>(runs: readonly RunWatcher[], work: () => Promise<T>): Promise<T>;
}

/** The phase that a run is in; undefined: none of these. */
export function phaseOf({ phase }: Pick<RunWatcher, "phase">): "extraction" | "training" | undefined {
  if (phase === undefined) return undefined;
  return ["head", "fine-tune", "evaluate", "save"].includes(phase) ? "training" : "extraction";
}
