import { Transform } from "node:stream";
import { crc32, inflateRawSync } from "node:zlib";
import { type Entry, ZipFile } from "yauzl";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { safeEntryName } from "./archive-entry-name.ts";
import { checkArchiveSizes, type SizesBefore } from "./archive-limits.ts";
import type { ArchiveSink } from "./archive-sink-node.ts";
import {
  createUnwrap,
  isAt,
  locateDirectory,
  SIGNATURES,
  severalArchives,
  type ZipEnd,
} from "./archive-zip-end-node.ts";
import { type ZipName, zipName, zipText } from "./archive-zip-name-node.ts";
import { ZipReader } from "./archive-zip-reader-node.ts";
import { junkInPath } from "./junk.ts";

export interface UnpackOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
  /** What other archives of the same data set came to. @default nothing */
  readonly before?: SizesBefore | undefined;
}

const FILE_TYPE = 0o170000;
const LINK = 0o120000;
const REGULAR = 0o100000;
const DIRECTORY = 0o040000;

function damaged(detail: string, cause?: unknown): CoreError {
  const what = `The zip archive is damaged or cut off (${detail}).`;
  const fix = "Download or pack it again.";
  return new CoreError("corrupt", { what, fix }, cause === undefined ? {} : { cause });
}

/** Errors of yauzl and zlib are about the archive's bytes; those of the file system and ours pass as they are. */
function zipFailure(error: unknown): unknown {
  if (error instanceof CoreError || !(error instanceof Error)) return error;
  if ("code" in error && !String(error.code).startsWith("Z_")) return error;
  if (error.message.includes("strong encryption")) return encrypted("strong encryption");
  return damaged(error.message, error);
}

function encrypted(detail: string): CoreError {
  const fix = "Unpack it yourself and give graft the folder.";
  return new CoreError("bad-input", { what: `The zip archive is encrypted (${detail}).`, fix });
}

interface PlannedEntry {
  readonly entry: Entry;
  /** As `safeEntryName` gives it. */
  readonly name: string;
  readonly readAs: ZipName["readAs"];
  /** "other": a device, a pipe. */
  readonly type: "file" | "folder" | "link" | "other";
}

interface LocatedEntry extends PlannedEntry {
  /** Where its packed bytes begin. */
  readonly dataStart: number;
}

/** Packed and unpacked, up to this an entry is read whole: a stream for each small one took most of the time. */
const WHOLE_BYTES = 2 ** 20;

function planEntry(entry: Entry): PlannedEntry {
  const { name: packed, readAs, isFromWindows } = zipName(entry);
  const name = safeEntryName(packed, { isFromWindows });
  if (entry.isEncrypted()) throw encrypted(name);
  const mode = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
  const plan = { entry, name, readAs };
  if (mode === LINK) return { ...plan, type: "link" };
  const endsAsFolder = packed.endsWith("/") || (isFromWindows && packed.endsWith("\\"));
  if (endsAsFolder || mode === DIRECTORY) return { ...plan, type: "folder" };
  return { ...plan, type: mode === 0 || mode === REGULAR ? "file" : "other" };
}

/** Each entry's bytes, header included, must be its own: entries that share them are how small files become huge. */
async function locate(zip: ZipFile, entries: readonly PlannedEntry[]): Promise<readonly LocatedEntry[]> {
  const directoryEnd = cursorOf(zip);
  const spans: { start: number; end: number; name: string }[] = [];
  const located: LocatedEntry[] = [];
  let directoryBytes = 0;
  for (const planned of entries) {
    const { entry, name } = planned;
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    const start = entry.relativeOffsetOfLocalHeader;
    located.push({ ...planned, dataStart: fileDataStart });
    spans.push({ start, end: fileDataStart + entry.compressedSize, name });
    directoryBytes += 46 + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
  }
  spans.push({ start: directoryEnd - directoryBytes, end: directoryEnd, name: "the directory" });
  spans.sort((a, b) => a.start - b.start);
  let last = spans[0];
  for (const span of spans.slice(1)) {
    if (last !== undefined && span.start < last.end) {
      const what = `The zip archive is refused: ${JSON.stringify(last.name)} and ${JSON.stringify(span.name)} overlap.`;
      throw new CoreError("bad-input", {
        what,
        fix: "Pack the folder again with an ordinary archive program.",
      });
    }
    last = span;
  }
  return located;
}

/** The unpacked bytes of a small entry, held to its length and checksum. */
async function wholeEntry(reader: ZipReader, { entry, name, dataStart }: LocatedEntry): Promise<Uint8Array> {
  const { compressedSize, uncompressedSize } = entry;
  const packed = await reader.bytes(dataStart, compressedSize);
  const bytes = entry.isCompressed() ? inflate(packed, uncompressedSize) : packed;
  if (bytes.length !== uncompressedSize) throw damaged(`the length of ${name} does not match`);
  if (crc32(bytes) !== entry.crc32) throw damaged(`the checksum of ${name} does not match`);
  return bytes;
}

function inflate(packed: Uint8Array, length: number): Uint8Array {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, length) });
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error), error);
  }
}

/** Passes bytes on and fails at the end when they are not those that were packed (yauzl checks the length only). */
function checksum({ entry, name }: PlannedEntry): Transform {
  let sum = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
    flush(done) {
      done(sum === entry.crc32 ? null : damaged(`the checksum of ${name} does not match`));
    },
  });
}

/** Where yauzl reads the next directory entry; typed boolean by mistake. */
const cursorOf = (zip: ZipFile): number => Number(zip.readEntryCursor);

/**
 * The end of a zip counts entries modulo 65536 where macOS packed them, and some programs that add entries forget to
 * count: what is an entry is read, whatever the count says.
 */
async function countOn({ zip, reader }: OpenZip): Promise<void> {
  const isCounted = zip.entriesRead < zip.entryCount;
  if (!isCounted && (await isAt(reader, cursorOf(zip), SIGNATURES.directoryEntry))) zip.entryCount++;
}

async function planEntries(
  opened: OpenZip,
  end: ZipEnd,
  before: SizesBefore | undefined,
): Promise<readonly LocatedEntry[]> {
  const { zip, reader } = opened;
  const entries: PlannedEntry[] = [];
  const unwrap = end.isWrapped ? createUnwrap() : (position: number): number => position;
  let totalBytes = 0;
  let largestBytes = 0;
  await countOn(opened);
  for await (const entry of zip.eachEntry()) {
    entry.relativeOffsetOfLocalHeader = unwrap(entry.relativeOffsetOfLocalHeader);
    entries.push(planEntry(entry));
    totalBytes += entry.uncompressedSize;
    largestBytes = Math.max(largestBytes, entry.uncompressedSize);
    checkArchiveSizes({ entries: entries.length, largestBytes, totalBytes }, reader.size, before);
    await countOn(opened);
  }
  const cursor = cursorOf(zip);
  if (cursor < end.directoryEnd && (await isAt(reader, cursor, SIGNATURES.end)))
    throw severalArchives(`${end.directoryEnd - cursor} bytes after the directory`);
  return locate(zip, entries);
}

interface OpenZip {
  readonly zip: ZipFile;
  readonly reader: ZipReader;
}

/** What a link leads to, which is what its entry holds; longer ones are none. */
const MOST_LINK_BYTES = 4096;

/** Stores one file, or notes why it is none. */
async function unpackEntry(
  { zip, reader }: OpenZip,
  sink: ArchiveSink,
  planned: LocatedEntry,
): Promise<void> {
  const { entry, name, type } = planned;
  if (type === "folder") return sink.addFolder(name);
  if (type === "other") return sink.skip(name, "neither a file nor a folder");
  if (!entry.canDecodeFileData()) {
    const what = `The zip archive uses a compression that graft cannot read (method ${entry.compressionMethod}, ${name}).`;
    throw new CoreError("unsupported", { what, fix: "Unpack it yourself and give graft the folder." });
  }
  if (type === "link") {
    if (entry.uncompressedSize > MOST_LINK_BYTES) return sink.skip(name, "a link that leads nowhere");
    return sink.addSymlink(name, zipText(Buffer.from(await wholeEntry(reader, planned))).name);
  }
  if (Math.max(entry.compressedSize, entry.uncompressedSize) <= WHOLE_BYTES)
    return sink.addBytes(name, await wholeEntry(reader, planned));
  const content = await zip.openReadStreamPromise(entry);
  await sink.addFile(name, entry.uncompressedSize, content, checksum(planned));
}

const exampleOf = (name: string): string => name.split("/").find((part) => /[^ -~]/.test(part)) ?? name;

/** One after the other: several at once took as long (the time goes into creating files). */
async function unpackEntries(
  opened: OpenZip,
  end: ZipEnd,
  sink: ArchiveSink,
  { signal, onProgress, before }: UnpackOptions,
): Promise<void> {
  const entries = await planEntries(opened, end, before);
  const total = entries.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
  const hasLinks = entries.some(({ type }) => type === "link");
  let done = 0;
  for (const planned of entries) {
    throwIfCancelled(signal);
    const { name, readAs } = planned;
    // junk is looked at only where a link may lead to it
    if (!hasLinks && junkInPath(name) !== undefined) sink.skip(name, "junk");
    else await unpackEntry(opened, sink, planned);
    if (readAs === "CP437" && junkInPath(name) === undefined) sink.addForeignName(readAs, exampleOf(name));
    done += planned.entry.uncompressedSize;
    onProgress?.({ done, total });
  }
}

/**
 * Checks all names and sizes first, then unpacks.
 * @throws CoreError `bad-input` (leads out, overlaps, encrypted), `limit`, `corrupt` (cut off, bad checksum),
 * `unsupported` (compression), `cancelled`; nothing of a refused archive is to be kept.
 */
export async function unpackZip(
  path: string,
  sink: ArchiveSink,
  unpackOptions: UnpackOptions,
): Promise<void> {
  const reader = await ZipReader.open(path);
  reader.ref();
  let zip: ZipFile | undefined;
  try {
    const end = await locateDirectory(reader);
    if (end === undefined) throw damaged("its end is missing, or does not point to its directory");
    const { directoryStart, bytes, numEntries } = end;
    // not closed by itself, entries when they are asked for; names are bytes: decoded and judged here, each refusal has
    // its reason; sizes are checked
    zip = new ZipFile(reader, directoryStart, bytes, numEntries, "", false, true, false, true);
    await unpackEntries({ zip, reader }, end, sink, unpackOptions);
  } catch (error) {
    throw zipFailure(error);
  } finally {
    // the reader goes with it
    if (zip !== undefined) zip.close();
    else reader.close(() => undefined);
  }
}
