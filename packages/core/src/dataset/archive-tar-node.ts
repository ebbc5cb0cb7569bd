import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract, type Header } from "tar-stream";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { safeEntryName } from "./archive-entry-name.ts";
import { checkArchiveSizes } from "./archive-limits.ts";
import type { ArchiveSink } from "./archive-sink-node.ts";
import type { UnpackOptions } from "./archive-zip-node.ts";

const BLOCK = 512;

function damaged(detail: string, cause?: unknown): CoreError {
  const what = `The tar archive is damaged or cut off (${detail}).`;
  const fix = "Download or pack it again.";
  return new CoreError("corrupt", { what, fix }, cause === undefined ? {} : { cause });
}

/** Errors of tar-stream and zlib are about the archive's bytes; those of the file system and ours pass as they are. */
function tarFailure(error: unknown): unknown {
  if (error instanceof CoreError || !(error instanceof Error)) return error;
  if ("code" in error && !String(error.code).startsWith("Z_")) return error;
  return damaged(error.message, error);
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
        chunk.length >= BLOCK ? chunk.subarray(-BLOCK) : Buffer.concat([tail, chunk]).subarray(-BLOCK),
      );
      try {
        check(bytes);
        done(null, chunk);
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
    flush(done) {
      const isClosed = tail.length === BLOCK && tail.every((byte) => byte === 0);
      done(isClosed ? null : damaged("its end mark is missing"));
    },
  });
}

const SKIPPED_TYPES: Readonly<Record<string, string>> = {
  link: "a link",
  symlink: "a link",
  "character-device": "neither a file nor a folder",
  "block-device": "neither a file nor a folder",
  fifo: "neither a file nor a folder",
};

/** True when the entry is a wanted file; everything else is noted. */
function takesFile(sink: ArchiveSink, name: string, { type }: Header): boolean {
  if (type === "directory") sink.addFolder(name);
  else if (type !== "file" && type !== "contiguous-file")
    sink.skip(name, SKIPPED_TYPES[type] ?? "a kind of entry that is not read (sparse or unknown)");
  else return sink.wants(name);
  return false;
}

/** streamx's streams are not Node's; their chunks are typed as anything. */
async function* contentOf(entry: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of entry) if (chunk instanceof Uint8Array) yield chunk;
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
  { signal, onProgress }: UnpackOptions,
): Promise<void> {
  const archiveBytes = (await stat(path)).size;
  const source = createReadStream(path);
  const entries = extract();
  let count = 0;
  let largestBytes = 0;
  const checkSizes = (totalBytes: number): void =>
    checkArchiveSizes({ entries: count, largestBytes, totalBytes }, archiveBytes);
  const read = async (): Promise<void> => {
    for await (const entry of entries) {
      throwIfCancelled(signal);
      const { header } = entry;
      const name = safeEntryName(header.name);
      const bytes = header.size;
      count++;
      largestBytes = Math.max(largestBytes, bytes);
      checkSizes(0);
      if (takesFile(sink, name, header)) await sink.addFile(name, bytes, contentOf(entry));
      else entry.resume();
      onProgress?.({ done: source.bytesRead, total: archiveBytes });
    }
  };
  const watched = watch(checkSizes);
  const fed = isGzip
    ? pipeline(source, createGunzip(), watched, entries)
    : pipeline(source, watched, entries);
  const [feeding, reading] = await Promise.allSettled([fed, read()]);
  // a refusal in `read` ends the feeding too, with an error of its own that says less
  for (const result of [reading, feeding])
    if (result.status === "rejected" && result.reason instanceof CoreError) throw result.reason;
  for (const result of [feeding, reading]) if (result.status === "rejected") throw tarFailure(result.reason);
}
