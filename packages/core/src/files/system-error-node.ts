import { CoreError, type ErrorFacts } from "../errors.ts";

/** The file system's code of an error (`ENOENT` …), or "". */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** No room on the disk, in the user's quota, or for a file of that length on this file system. */
export const isDiskFull = (error: unknown): boolean => ["ENOSPC", "EDQUOT", "EFBIG"].includes(codeOf(error));

/** The `disk-full` error of a part of graft: what there was no room for, where, and what can be done about it. */
export function diskFull(
  parts: { readonly what: string; readonly received: string; readonly fix: string },
  cause: unknown,
  facts: ErrorFacts = {},
): CoreError {
  return new CoreError("disk-full", parts, { cause, facts });
}
