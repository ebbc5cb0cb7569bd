import type { CommanderError } from "commander";

/** DESIGN 8: 0 done, 1 failed, 2 wrong usage, 130 interrupted: by Ctrl-C, or because nobody reads a training any more. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Wrong flags and arguments that commander itself cannot see. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** commander ends help and version with 0, everything that it refuses with 1. */
export function commanderExitCode({ exitCode }: CommanderError): number {
  return exitCode === 0 ? EXIT.done : EXIT.usage;
}
