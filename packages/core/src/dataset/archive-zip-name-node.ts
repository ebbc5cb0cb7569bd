import { crc32 } from "node:zlib";
import { type Entry, getFileNameLowLevel } from "yauzl";
import { entryName } from "./entry-name-node.ts";

/** Info-ZIP's field with a name in UTF-8 beside one in other letters (APPNOTE.TXT 4.6.9). */
const UNICODE_PATH = 0x7075;

/** Systems whose programs write names as Windows has them (APPNOTE.TXT 4.4.2; 11 is Info-ZIP's for NTFS). */
const WINDOWS = [0, 6, 10, 11, 14];

export interface ZipName {
  readonly name: string;
  /** CP437 is read where nothing says what letters the bytes are. */
  readonly readAs: "UTF-8" | "CP437";
  /** A backslash stands between folders. */
  readonly isFromWindows: boolean;
}

function utf8(bytes: Uint8Array): string | undefined {
  const name = entryName(bytes);
  return name.type === "text" ? name.name : undefined;
}

/** The name of the field, which counts while the name beside it is the one that it was written for. */
function unicodePath({ extraFields, fileNameRaw }: Entry): string | undefined {
  const field = extraFields.find(({ id }) => id === UNICODE_PATH)?.data;
  if (field === undefined || field.length < 6 || field.readUInt8(0) !== 1) return undefined;
  return field.readUInt32LE(1) === crc32(fileNameRaw) ? utf8(field.subarray(5)) : undefined;
}

/** Bytes in UTF-8, else in CP437, which is what the format says (APPNOTE.TXT appendix D). */
export function zipText(bytes: Buffer): Pick<ZipName, "name" | "readAs"> {
  const text = utf8(bytes);
  if (text !== undefined) return { name: text, readAs: "UTF-8" };
  return { name: getFileNameLowLevel(0, bytes, [], true), readAs: "CP437" };
}

/**
 * The name of an entry: of the field for it, else its bytes as UTF-8 (programs that do not say so are common, macOS
 * among them), else as CP437. No other code page is guessed: names are few and short, and bytes that spell two signs in
 * GBK are as good Korean, Japanese and Cyrillic.
 */
export function zipName(entry: Entry): ZipName {
  const path = unicodePath(entry);
  const text = path === undefined ? zipText(entry.fileNameRaw) : { name: path, readAs: "UTF-8" as const };
  // the second byte of a Japanese or Chinese sign may be that of a backslash
  const isTorn = text.readAs === "CP437" && text.name.includes("/");
  return { ...text, isFromWindows: WINDOWS.includes(entry.versionMadeBy >>> 8) && !isTorn };
}
