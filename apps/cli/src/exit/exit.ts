import { CoreError, machineCode, visibleLines } from "@graft/core";
import { inFlags } from "../options/flag-text.ts";
import { EXIT, UsageError } from "./exit-codes.ts";

/** The one place where an error becomes an exit code. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof CoreError && error.code === "cancelled") return EXIT.interrupted;
  // as a flag is: who was let in once is another matter
  if (error instanceof CoreError && error.code === "unauthorized" && error.facts.reason === "mistyped")
    return EXIT.usage;
  return EXIT.failed;
}

/** What a file system says no with: a place's fault, not a defect. Trouble of the machine is none either. */
const SYSTEM_CODES = new Set("EACCES EPERM ENOTDIR EISDIR ENOENT ENAMETOOLONG EFBIG ELOOP".split(" "));
/** A file that was closed too early, an address that is none: nobody but graft makes these. */
const DEFECTS = new Set(["EBADF", "EFAULT"]);

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return false;
  const code = String(error.code);
  return SYSTEM_CODES.has(code) || (machineCode(error) !== undefined && !DEFECTS.has(code));
}

/** What a person is told, options by their flags: the sentence alone, or the stack when graft itself is at fault. */
export function errorMessage(error: unknown): string {
  return visibleLines(inFlags(messageOf(error)));
}

function messageOf(error: unknown): string {
  if (error instanceof CoreError || error instanceof UsageError) return error.message;
  if (isSystemError(error))
    return `The system refused: ${error.message}. Check the path's permissions and the free space on the disk, or choose another folder (--home, --out).`;
  if (error instanceof Error)
    return `${error.stack ?? error.message}\nThis is a defect in graft, not in your data.`;
  return String(error);
}
