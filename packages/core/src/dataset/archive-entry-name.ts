import { CoreError } from "../errors.ts";
import { ARCHIVE_LIMITS } from "./archive-limits.ts";

const AS_ENTRY = {
  refused: "The archive is refused: an entry",
  fix: "Pack the folder again with an ordinary archive program, or unpack it yourself and give graft the folder.",
} as const;

const AS_FILE = {
  refused: "A file is refused: it",
  fix: "Give each file its path below the folder that is sent, such as cats/1.jpg.",
} as const;

export interface EntryNameOptions {
  /** Packed by a program of Windows. */
  readonly isFromWindows?: boolean;
  /** Of a file that somebody sends by itself, in no archive. */
  readonly isLoose?: boolean;
}

/**
 * An entry's path in the data set: "/" between folders, no "." and no empty part; "" for the archive's own root.
 * It is only ever shown and compared: files are written under numbers (see ArchiveSink).
 *
 * A backslash stands between folders in what Windows programs packed, and where a name has no "/" at all; elsewhere it
 * is a letter like others, as it is on Linux. What it would mean to Windows is judged either way.
 * @throws CoreError `bad-input` for a name that could mean a place outside: absolute, with a drive, `..`.
 */
export function safeEntryName(
  name: string,
  { isFromWindows = false, isLoose = false }: EntryNameOptions = {},
): string {
  const { refused, fix } = isLoose ? AS_FILE : AS_ENTRY;
  const refusal = (problem: string): CoreError =>
    new CoreError("bad-input", {
      ...{ what: `${refused} ${problem}.`, received: JSON.stringify(name.slice(0, 200)), fix },
    });
  const slashed = name.replaceAll("\\", "/");
  if (name.includes("\0")) throw refusal("has a zero byte in its name");
  if (slashed.startsWith("/")) throw refusal("has an absolute path");
  if (/^[a-z]:/i.test(name)) throw refusal("names a drive");
  if (name.length > ARCHIVE_LIMITS.nameLength) throw refusal("has a name that is too long");
  if (slashed.split("/").includes("..")) throw refusal("leads out of its folder");
  const path = isFromWindows || !name.includes("/") ? slashed : name;
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}
