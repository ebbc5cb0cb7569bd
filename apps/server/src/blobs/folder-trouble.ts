import { CoreError } from "@graft/core";
import { codeOf, isDiskFull, writeRefusal } from "@graft/core/node";

const FULL = "There is no room left where the server keeps pictures and models.";

/**
 * What a file system says while the server works, as its clients hear it: the server's paths are no business of theirs, so they
 * are in the cause alone, which logs print.
 * @returns `disk-full` or `unreadable`; what is no system's error as it is.
 */
export function folderTrouble(error: unknown): unknown {
  const code = codeOf(error);
  if (error instanceof CoreError || !/^(E[A-Z0-9]+|UNKNOWN)$/.test(code)) return error;
  if (isDiskFull(error)) {
    const fix = "Free some space on the server, or delete what is no longer needed.";
    return new CoreError("disk-full", { what: FULL, fix }, { cause: error, facts: { code } });
  }
  const what = `The place where the server keeps pictures and models is in trouble (${code}).`;
  const fix = "Whoever runs the server finds more in its log. Try again when it is mended.";
  return new CoreError("unreadable", { what, fix }, { cause: error, facts: { code } });
}

/** Why a server cannot start with a folder, for who starts it. */
export function placeRefused(path: string, error: unknown): unknown {
  if (error instanceof CoreError || codeOf(error) === "") return error;
  if (isDiskFull(error))
    return new CoreError(
      "disk-full",
      { what: FULL, received: path, fix: "Free some space." },
      { cause: error },
    );
  return new CoreError(
    "bad-input",
    {
      what: "Pictures and models cannot be kept there.",
      received: writeRefusal(path, error),
      expected: "a folder that the server may write to",
      fix: "Give the server permission to write there, or choose another place for `blobs`.",
    },
    { cause: error },
  );
}
