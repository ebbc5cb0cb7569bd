import { Transform } from "node:stream";
import { crc32, inflateRawSync } from "node:zlib";
import { type Entry, fromRandomAccessReaderPromise, getFileNameLowLevel, type ZipFile } from "yauzl";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { safeEntryName } from "./archive-entry-name.ts";
import { checkArchiveSizes } from "./archive-limits.ts";
import type { ArchiveSink } from "./archive-sink-node.ts";
import { ZipReader } from "./archive-zip-reader-node.ts";

export interface UnpackOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
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
  const fix = "Unpack it yourself and give the folder.";
  return new CoreError("bad-input", { what: `The zip archive is encrypted (${detail}).`, fix });
}

/** Programs that pack UTF-8 names without saying so (macOS) are common; CP437 is what the format says. */
function entryName(entry: Entry): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(entry.fileNameRaw);
  } catch {
    return getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
  }
}

interface PlannedEntry {
  readonly entry: Entry;
  readonly name: string;
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
  const raw = entryName(entry);
  const name = safeEntryName(raw);
  if (entry.isEncrypted()) throw encrypted(name);
  const mode = (entry.externalFileAttributes >>> 16) & FILE_TYPE;
  if (mode === LINK) return { entry, name, type: "link" };
  if (raw.endsWith("/") || mode === DIRECTORY) return { entry, name, type: "folder" };
  return { entry, name, type: mode === 0 || mode === REGULAR ? "file" : "other" };
}

/** Each entry's bytes, header included, must be its own: entries that share them are how small files become huge. */
async function locate(zip: ZipFile, entries: readonly PlannedEntry[]): Promise<readonly LocatedEntry[]> {
  // typed boolean by mistake: where yauzl reads the next directory entry, which is the directory's end by now
  const directoryEnd = Number(zip.readEntryCursor);
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
      const what = `The zip archive is refused: ${JSON.stringify(last.name)} and ${JSON.stringify(span.name)} share bytes.`;
      throw new CoreError("bad-input", { what, fix: "Pack the folder again with an ordinary program." });
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

async function planEntries(zip: ZipFile, archiveBytes: number): Promise<readonly LocatedEntry[]> {
  const entries: PlannedEntry[] = [];
  let totalBytes = 0;
  let largestBytes = 0;
  for await (const entry of zip.eachEntry()) {
    entries.push(planEntry(entry));
    totalBytes += entry.uncompressedSize;
    largestBytes = Math.max(largestBytes, entry.uncompressedSize);
    checkArchiveSizes({ entries: entries.length, largestBytes, totalBytes }, archiveBytes);
  }
  return locate(zip, entries);
}

interface OpenZip {
  readonly zip: ZipFile;
  readonly reader: ZipReader;
}

/** Stores one wanted file, or notes why it is none. */
async function unpackEntry(
  { zip, reader }: OpenZip,
  sink: ArchiveSink,
  planned: LocatedEntry,
): Promise<void> {
  const { entry, name, type } = planned;
  if (type === "folder") return sink.addFolder(name);
  if (type !== "file") return sink.skip(name, type === "link" ? "a link" : "neither a file nor a folder");
  if (!sink.wants(name)) return;
  if (!entry.canDecodeFileData()) {
    const what = `The zip archive uses a compression that is not read (method ${entry.compressionMethod}, ${name}).`;
    throw new CoreError("unsupported", { what, fix: "Unpack it yourself and give the folder." });
  }
  if (Math.max(entry.compressedSize, entry.uncompressedSize) <= WHOLE_BYTES)
    return sink.addBytes(name, await wholeEntry(reader, planned));
  const content = await zip.openReadStreamPromise(entry);
  await sink.addFile(name, entry.uncompressedSize, content, checksum(planned));
}

/** One after the other: several at once took as long (the time goes into creating files). */
async function unpackEntries(opened: OpenZip, sink: ArchiveSink, options: UnpackOptions): Promise<void> {
  const entries = await planEntries(opened.zip, opened.reader.size);
  const total = entries.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
  let done = 0;
  for (const planned of entries) {
    throwIfCancelled(options.signal);
    await unpackEntry(opened, sink, planned);
    done += planned.entry.uncompressedSize;
    options.onProgress?.({ done, total });
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
  let zip: ZipFile | undefined;
  try {
    // names are decoded and judged here, where each refusal has its reason
    const options = { autoClose: false, decodeStrings: false };
    zip = await fromRandomAccessReaderPromise(reader, reader.size, options);
    await unpackEntries({ zip, reader }, sink, unpackOptions);
  } catch (error) {
    throw zipFailure(error);
  } finally {
    // the reader goes with it
    if (zip !== undefined) zip.close();
    else reader.close(() => undefined);
  }
}
