import { CoreError } from "../errors.ts";
import { ARCHIVE_LIMITS } from "./archive-limits.ts";

function refuse(name: string, problem: string): CoreError {
  const what = `The archive is refused: an entry ${problem}.`;
  const fix =
    "Pack the folder again with an ordinary archive program, or unpack it yourself and give graft the folder.";
  return new CoreError("bad-input", { what, received: JSON.stringify(name.slice(0, 200)), fix });
}

/**
 * An entry's path in the data set: "/" between folders, no "." and no empty part; "" for the archive's own root.
 * It is only ever shown and compared: files are written under numbers (see ArchiveSink).
 *
 * A backslash stands between folders in what Windows programs packed, and where a name has no "/" at all; elsewhere it
 * is a letter like others, as it is on Linux. What it would mean to Windows is judged either way.
 * @throws CoreError `bad-input` for a name that could mean a place outside: absolute, with a drive, `..`.
 */
export function safeEntryName(name: string, { isFromWindows = false } = {}): string {
  const slashed = name.replaceAll("\\", "/");
  if (name.includes("\0")) throw refuse(name, "has a zero byte in its name");
  if (slashed.startsWith("/")) throw refuse(name, "has an absolute path");
  if (/^[a-z]:/i.test(name)) throw refuse(name, "names a drive");
  if (name.length > ARCHIVE_LIMITS.nameLength) throw refuse(name, "has a name that is too long");
  if (slashed.split("/").includes("..")) throw refuse(name, "leads out of its folder");
  const path = isFromWindows || !name.includes("/") ? slashed : name;
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}
