import { CoreError } from "../errors.ts";
import type { ZipReader } from "./archive-zip-reader-node.ts";

/** What a zip's parts begin with (APPNOTE.TXT 4.3). */
export const SIGNATURES = {
  localHeader: 0x04034b50,
  directoryEntry: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  end64Locator: 0x07064b50,
} as const;

const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const MOST_COMMENT_BYTES = 0xffff;
/** macOS counts places and entries modulo 2^32 and 2^16 instead of writing the fields for more. */
const WRAP = 2 ** 32;

/** Where the directory of a zip lies. */
export interface ZipEnd {
  /** The archive's length without bytes that follow it (a download's, a mail's). */
  readonly bytes: number;
  readonly directoryStart: number;
  /** Where the end record begins, of the 64-bit form where there is one. */
  readonly directoryEnd: number;
  /** As the end counts them: see `countOn`. */
  readonly numEntries: number;
  /** Places in the directory are modulo 2^32. */
  readonly isWrapped: boolean;
}

/** True when a part of that kind begins there. */
export async function isAt(reader: ZipReader, position: number, signature: number): Promise<boolean> {
  if (position < 0 || position + 4 > reader.size) return false;
  return (await reader.bytes(position, 4)).readUInt32LE() === signature;
}

/**
 * Where the last end record lies whose comment reaches the end of the file; else the last one at all, and the bytes
 * behind it are not the archive's. The comment may hold anything, an end record too.
 */
async function findEnd(reader: ZipReader): Promise<{ start: number; bytes: number } | undefined> {
  const length = Math.min(reader.size, END_BYTES + MOST_COMMENT_BYTES);
  const tailStart = reader.size - length;
  const tail = await reader.bytes(tailStart, length);
  let last: { start: number; bytes: number } | undefined;
  for (let at = length - END_BYTES; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== SIGNATURES.end) continue;
    const end = at + END_BYTES + tail.readUInt16LE(at + 20);
    const found = { start: tailStart + at, bytes: tailStart + end };
    if (end === length) return found;
    if (end < length) last ??= found;
  }
  return last;
}

/** What the end says of the directory, and where the end itself begins. */
interface SaidOfDirectory {
  readonly start: number;
  readonly bytes: number;
  readonly numEntries: number;
  readonly disk: number;
  readonly end: number;
  readonly is64: boolean;
}

async function readEnd(reader: ZipReader, endStart: number): Promise<SaidOfDirectory | undefined> {
  const locatorStart = endStart - LOCATOR_BYTES;
  if (await isAt(reader, locatorStart, SIGNATURES.end64Locator)) {
    const start = Number((await reader.bytes(locatorStart, LOCATOR_BYTES)).readBigUInt64LE(8));
    return (await isAt(reader, start, SIGNATURES.end64)) ? readEnd64(reader, start) : undefined;
  }
  const end = await reader.bytes(endStart, END_BYTES);
  return {
    start: end.readUInt32LE(16),
    bytes: end.readUInt32LE(12),
    numEntries: end.readUInt16LE(10),
    disk: end.readUInt16LE(4),
    end: endStart,
    is64: false,
  };
}

async function readEnd64(reader: ZipReader, start: number): Promise<SaidOfDirectory> {
  const end = await reader.bytes(start, END64_BYTES);
  return {
    start: Number(end.readBigUInt64LE(48)),
    bytes: Number(end.readBigUInt64LE(40)),
    numEntries: Number(end.readBigUInt64LE(32)),
    disk: end.readUInt32LE(16),
    end: start,
    is64: true,
  };
}

/**
 * Finds the directory of a zip. @returns undefined when the end does not lead to one: the archive is damaged or cut off.
 * @throws CoreError `bad-input` for two archives in one file, of which the end knows one; `unsupported` for the last of
 * several parts.
 */
export async function locateDirectory(reader: ZipReader): Promise<ZipEnd | undefined> {
  const found = await findEnd(reader);
  const said = found && (await readEnd(reader, found.start));
  if (found === undefined || said === undefined) return undefined;
  if (said.disk !== 0) {
    const what = "The zip archive is one part of a split archive.";
    throw new CoreError("unsupported", {
      what,
      fix: "Unpack all its parts yourself and give graft the folder.",
    });
  }
  const whole = { bytes: found.bytes, directoryEnd: said.end, numEntries: said.numEntries };
  if (said.start === said.end || (await isAt(reader, said.start, SIGNATURES.directoryEntry)))
    return { ...whole, directoryStart: said.start, isWrapped: false };
  const start = said.end - said.bytes;
  const before = start - said.start;
  if (before <= 0 || !(await isAt(reader, start, SIGNATURES.directoryEntry))) return undefined;
  if (!said.is64 && before % WRAP === 0) return { ...whole, directoryStart: start, isWrapped: true };
  throw severalArchives(`${before} bytes before the first entry`);
}

export function severalArchives(received: string): CoreError {
  const what =
    "The zip archive holds more than its directory lists: another archive seems to be joined to it.";
  const fix = "Unpack both yourself and give graft the folder.";
  return new CoreError("bad-input", { what, received, fix });
}

/** Restores places modulo 2^32 in an archive whose entries lie in the directory's order, as macOS writes them. */
export function createUnwrap(): (position: number) => number {
  let last = 0;
  let wraps = 0;
  return (position) => {
    if (position < last) wraps++;
    last = position;
    return position + wraps * WRAP;
  };
}
