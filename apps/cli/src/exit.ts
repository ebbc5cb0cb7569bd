import { CoreError } from "@graft/core";
import { CommanderError } from "commander";

/** DESIGN 8: 0 done, 1 failed, 2 wrong usage, 130 interrupted. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Wrong flags and arguments that commander itself can not see. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The one place where an error becomes an exit code. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof CoreError && error.code === "cancelled") return EXIT.interrupted;
  return EXIT.failed;
}

/** What a person is told: the sentence alone, or the stack when graft itself is at fault. */
export function errorMessage(error: unknown): string {
  if (error instanceof CoreError || error instanceof UsageError) return error.message;
  if (error instanceof Error)
    return `${error.stack ?? error.message}\nThis is a defect in graft, not in your data.`;
  return String(error);
}
