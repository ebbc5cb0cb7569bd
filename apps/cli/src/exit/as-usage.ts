import { CoreError } from "@graft/core";
import { UsageError } from "./exit-codes.ts";

/** Looks at flags where core or the server does it. @throws UsageError for what they refuse. */
export function asUsage(look: () => void): void {
  try {
    look();
  } catch (error) {
    throw error instanceof CoreError ? new UsageError(error.message) : error;
  }
}
