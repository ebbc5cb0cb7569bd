import { CoreError, type ErrorCode } from "@graft/core";
import type { Clock } from "../ports/clock.ts";
import type { Repository } from "../ports/repository.ts";
import type { UploadFileRow, UploadRow } from "../ports/rows.ts";
import type { UploadSpool } from "../ports/upload-spool.ts";
import type { KeptBlobs } from "./kept-blobs.ts";
import { SPOOLED_BYTES } from "./upload-limits.ts";

/** How often it is noted that something comes. */
const NOTED_MS = 60_000;

/** Another hash, or more bytes than were told of. */
const WRONG: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["corrupt", "limit"]);

/** The same pieces, and whether it was their sender who broke off: what such a stream throws says nothing of its bytes. */
class WatchedStream implements AsyncIterable<Uint8Array> {
  hasFailed = false;
  readonly #pieces: AsyncIterable<Uint8Array>;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#pieces;
    } catch (error) {
      this.hasFailed = true;
      throw error;
    }
  }
}

/** How much of a file is here, and whether all of it is. */
export interface Received {
  readonly bytes: number;
  readonly isHere: boolean;
}

export interface ReceiverParts {
  readonly repository: Repository;
  readonly kept: KeptBlobs;
  readonly spool: UploadSpool;
  readonly clock: Clock;
}

/** Bytes of an upload's files on their way to being blobs, each held to its size and hash. */
export class UploadReceiver {
  readonly #parts: ReceiverParts;

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
  }

  async have({ upload, hash, bytes, isHere }: UploadFileRow): Promise<Received> {
    return isHere ? { bytes, isHere } : { bytes: await this.#parts.spool.size(upload, hash), isHere: false };
  }

  /** @throws CoreError `corrupt`, `limit`, `bad-input` for a part of a small file, `conflict` for another offset; what the stream throws. */
  async receive(
    upload: UploadRow,
    file: UploadFileRow,
    bytes: AsyncIterable<Uint8Array>,
    offset: number,
  ): Promise<Received> {
    const { repository, spool, clock } = this.#parts;
    if (file.isHere) return { bytes: file.bytes, isHere: true };
    const now = clock();
    if (now - upload.heardAt > NOTED_MS)
      await repository.uploads.update(upload.id, { heardAt: now }, ["open"]);
    if (offset === 0 && file.bytes <= SPOOLED_BYTES) {
      await this.#store(file, allOf(file, bytes));
      return { bytes: file.bytes, isHere: true };
    }
    const { upload: id, hash } = file;
    const coming = new WatchedStream(bytes);
    try {
      const have = await spool.append(id, hash, coming, { offset, maxBytes: file.bytes });
      if (have < file.bytes) return { bytes: have, isHere: false };
      await this.#store(file, spool.stream(id, hash));
    } catch (error) {
      // more of bytes that are wrong makes them no better; a sender who left, or was too slow, goes on from them
      const isWrong = error instanceof CoreError && WRONG.has(error.code) && !coming.hasFailed;
      if (isWrong) await spool.remove(id, hash);
      throw error;
    }
    await spool.remove(id, hash);
    return { bytes: file.bytes, isHere: true };
  }

  async #store({ upload, hash, bytes }: UploadFileRow, stream: AsyncIterable<Uint8Array>): Promise<void> {
    const { repository, kept } = this.#parts;
    await using _stored = await kept.keep(stream, { hash, maxBytes: bytes });
    await repository.uploads.setHere(upload, hash);
  }
}

/** The pieces of a file that is sent whole. @throws CoreError `bad-input` where they end too early. */
async function* allOf(
  { path, bytes }: UploadFileRow,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    yield piece;
  }
  if (length >= bytes) return;
  throw new CoreError("bad-input", {
    what: `Fewer bytes of ${path} came than were told of.`,
    received: `${length} bytes`,
    expected: `${bytes} bytes`,
    fix: `Send a file of up to ${SPOOLED_BYTES} bytes whole, in one request. If it has another size now, begin another upload, and leave the files alone while they are sent.`,
  });
}
