import { CoreError } from "../errors.ts";

/**
 * What the system says of one file, whatever the machine: that it is not there or is something else, that this user may
 * not read it, that its name or length is beyond what the system takes.
 */
const OF_ONE_FILE = new Set(
  "ENOENT ENOTDIR EISDIR ELOOP EACCES EPERM ENAMETOOLONG EINVAL EILSEQ EOVERFLOW EFBIG ENOTSUP EOPNOTSUPP".split(
    " ",
  ),
);

/** Codes of Linux that libuv has no name for, by number (errno.h); Node calls them "Unknown system error -116". */
const UNNAMED = new Map([
  [64, "ENONET"],
  [67, "ENOLINK"],
  [116, "ESTALE"],
  [117, "EUCLEAN"],
  [123, "ENOMEDIUM"],
  [124, "EMEDIUMTYPE"],
]);

/** A code as the system calls it. */
function systemName(code: string): string {
  const [, number] = /^Unknown system error -(\d+)$/.exec(code) ?? [];
  return number === undefined ? code : (UNNAMED.get(Number(number)) ?? `E${number}`);
}

/**
 * The system's code of an error, or of what caused it, where it tells of the machine and of no file: a disk that fails
 * (EIO), too many open files (EMFILE), a network drive that is away (ESTALE, ETIMEDOUT), no memory (ENOMEM), and all that
 * is not known to be about one file.
 */
export function machineCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error ? systemName(String(error.code)) : "";
  // Node's own, such as ERR_FS_FILE_TOO_LARGE, are no system's; Windows has failures that libuv calls UNKNOWN
  const isOfMachine = /^(E[A-Z0-9]{2,}|UNKNOWN)$/.test(code) && !OF_ONE_FILE.has(code);
  return isOfMachine ? code : machineCode(error.cause);
}

/**
 * True for an error that one file of many is to blame for, so that it may be left out and the others go on. False for a
 * defect, for a cancelled work, and for trouble of the machine or of a whole folder (`unreadable`), which would make every
 * file look broken.
 */
export function isOfOneFile(error: unknown): error is CoreError {
  return (
    error instanceof CoreError &&
    error.code !== "cancelled" &&
    error.code !== "unreadable" &&
    machineCode(error) === undefined
  );
}
