import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { settleBoth } from "../concurrency/settle-both.ts";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { safeEntryName } from "./archive-entry-name.ts";
import { checkArchiveSizes } from "./archive-limits.ts";
import type { ArchiveSink } from "./archive-sink-node.ts";
import { TAR_BLOCK } from "./archive-tar-header.ts";
import { damagedTar, type TarEntry, TarReader } from "./archive-tar-reader.ts";
import type { UnpackOptions } from "./archive-zip-node.ts";
import { entryName } from "./entry-name-node.ts";

/** Errors of zlib are about the archive's bytes; those of the file system and ours pass as they are. */
function tarFailure(error: unknown): unknown {
  if (error instanceof CoreError || !(error instanceof Error)) return error;
  if ("code" in error && !String(error.code).startsWith("Z_")) return error;
  return damagedTar(error.message, error);
}

/**
 * Watches the unpacked stream: its length against the limits while it comes, and at the end the block of zeros that
 * closes every tar, without which an archive cut off between two files would pass for a whole one.
 */
function watch(check: (bytes: number) => void): Transform {
  let bytes = 0;
  let tail = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      tail = Buffer.from(
        chunk.length >= TAR_BLOCK
          ? chunk.subarray(-TAR_BLOCK)
          : Buffer.concat([tail, chunk]).subarray(-TAR_BLOCK),
      );
      try {
        check(bytes);
        done(null, chunk);
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
    flush(done) {
      const isClosed = tail.length === TAR_BLOCK && tail.every((byte) => byte === 0);
      done(isClosed ? null : damagedTar("its end mark is missing"));
    },
  });
}

interface TarName {
  /** As `safeEntryName` gives it; bytes that are no UTF-8 as "\xe4". */
  readonly path: string;
  readonly isText: boolean;
}

/** A tar does not say in what letters its names are; what is no UTF-8 is shown as in a folder (see `walkFolder`). */
function tarName(bytes: Uint8Array): TarName {
  const name = entryName(bytes);
  if (name.type === "text") return { path: safeEntryName(name.name), isText: true };
  const safe = safeEntryName(Buffer.from(bytes).toString("latin1"));
  const shown = entryName(Buffer.from(safe, "latin1"));
  return { path: shown.type === "text" ? shown.name : shown.shown, isText: false };
}

/** The last folder or file of a path whose name is no text, for people. */
const exampleOf = (path: string): string => path.split("/").find((part) => part.includes("\\x")) ?? path;

/** The path of a hard link's target, undefined when it leads out. */
function linkTarget(link: Uint8Array): string | undefined {
  try {
    return tarName(link).path;
  } catch (error) {
    if (error instanceof CoreError) return undefined;
    throw error;
  }
}

async function unpackEntry(sink: ArchiveSink, { type, name, link, bytes, content }: TarEntry): Promise<void> {
  const { path, isText } = tarName(name);
  if (!isText) sink.addForeignName("bytes", exampleOf(path));
  if (type === "folder") sink.addFolder(path);
  else if (type === "file") await sink.addFile(path, bytes, content);
  else if (type === "hard-link") {
    const target = linkTarget(link);
    if (target === undefined) sink.skip(path, "a link that leads out of the archive");
    else sink.addHardLink(path, target);
  } else if (type === "symlink") {
    const target = entryName(link);
    sink.addSymlink(path, target.type === "text" ? target.name : target.shown);
  } else if (type === "device") sink.skip(path, "neither a file nor a folder");
  else if (type === "sparse") sink.skip(path, "a sparse file; pack it again without --sparse");
  else sink.skip(path, "a kind of entry that graft does not read");
}

/**
 * Unpacks while reading; limits and names are judged as they come.
 * @throws CoreError `bad-input` (leads out), `limit`, `corrupt` (cut off, not a tar), `cancelled`; nothing of a refused
 * archive is to be kept.
 */
export async function unpackTar(
  path: string,
  isGzip: boolean,
  sink: ArchiveSink,
  { signal, onProgress, before }: UnpackOptions,
): Promise<void> {
  const archiveBytes = (await stat(path)).size;
  const source = createReadStream(path);
  let entries = 0;
  let largestBytes = 0;
  const checkSizes = (totalBytes: number): void =>
    checkArchiveSizes({ entries, largestBytes, totalBytes }, archiveBytes, before);
  const read = async (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    const reader = new TarReader(chunks);
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      throwIfCancelled(signal);
      entries++;
      largestBytes = Math.max(largestBytes, entry.bytes);
      checkSizes(0);
      await unpackEntry(sink, entry);
      onProgress?.({ done: source.bytesRead, total: archiveBytes });
    }
  };
  let reading: Promise<void> | undefined;
  const begin = (chunks: AsyncIterable<Uint8Array>): Promise<void> => {
    reading = read(chunks);
    return reading;
  };
  const watched = watch(checkSizes);
  const fed = isGzip ? pipeline(source, createGunzip(), watched, begin) : pipeline(source, watched, begin);
  try {
    await settleBoth(fed, () => reading);
  } catch (error) {
    throw tarFailure(error);
  }
}
