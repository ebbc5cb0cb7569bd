import { CoreError } from "@graft/core";
import { EXIT, UsageError } from "./exit-codes.ts";

/** The one place where an error becomes an exit code. */
export function exitCodeOf(error: unknown): number {
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
