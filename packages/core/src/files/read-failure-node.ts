import { lstatSync } from "node:fs";
import { CoreError } from "../errors.ts";
import { visibleText } from "../visible-text.ts";
import { machineCode } from "./one-file-error.ts";
import { codeOf } from "./system-error-node.ts";

/** What a code means to a person, and what helps. */
const ADVICE: readonly { readonly codes: readonly string[]; readonly fix: string }[] = [
  {
    codes: ["EMFILE", "ENFILE"],
    fix: "Too many files are open on this machine: end other programs, or allow more (ulimit -n), then try again.",
  },
  {
    codes: ["ENOMEM", "EAGAIN"],
    fix: "The machine is short of memory: end other programs, then try again.",
  },
  {
    codes: ["ESTALE", "ETIMEDOUT", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH", "ENOTCONN"],
    fix: "The network drive does not answer: connect it again, then try again.",
  },
  {
    codes: ["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EREMOTEIO", "ENOLINK", "ENONET"],
    fix: "The network drive does not answer: connect it again, then try again.",
  },
  {
    codes: ["ENODEV", "ENXIO", "ENOMEDIUM", "EMEDIUMTYPE"],
    fix: "The drive is gone: connect it again, then try again.",
  },
  {
    codes: ["EBUSY", "ETXTBSY"],
    fix: "Another program is using it: wait until that ends, then try again.",
  },
];

const OF_THE_DISK = "The disk, or the connection to it, is failing: check it, then try again.";

/** Whether no file of the folder can be reached: then not this one is locked, but the way to it. */
function isFolderClosed(path: string): boolean {
  try {
    lstatSync(path);
    return false;
  } catch (error) {
    return ["EACCES", "EPERM"].includes(codeOf(error));
  }
}

/**
 * The error of a file or folder that the system does not let us read, by whose fault it is.
 * @returns `unreadable` for trouble of the machine (EIO, EMFILE, ESTALE …) and for a folder that may not be entered: the
 * work stops; `not-found` for what is gone; `bad-input` for one file that may not be read.
 */
export function readFailure(path: string, cause: unknown): CoreError {
  const code = codeOf(cause);
  const shown = visibleText(path);
  const facts = { path, code };
  const machine = machineCode(cause);
  if (machine !== undefined) {
    const fix = ADVICE.find(({ codes }) => codes.includes(machine))?.fix ?? OF_THE_DISK;
    return new CoreError(
      "unreadable",
      { what: `${shown} cannot be read (${machine}).`, fix },
      { cause, facts },
    );
  }
  if (["EACCES", "EPERM"].includes(code) && isFolderClosed(path)) {
    const what = `${shown} cannot be read (${code}): you may not enter the folder that it is in.`;
    const fix = "Give yourself permission to enter that folder, or move the file elsewhere.";
    return new CoreError("unreadable", { what, fix }, { cause, facts });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  const what = `${shown} cannot be read (${reason}).`;
  return new CoreError(
    ["ENOENT", "ENOTDIR"].includes(code) ? "not-found" : "bad-input",
    { what },
    { cause, facts },
  );
}
