import type { BlobFacts, PutOptions } from "@graft/api";
import { CoreError, throwIfCancelled } from "@graft/core";
import { sha256InPieces } from "@graft/core/node";
import { damagedBlob } from "./blob-errors.ts";

export type Bytes = Uint8Array | AsyncIterable<Uint8Array>;

/** Pieces of what is there whole: hashing one holds the thread for a few milliseconds. */
const PIECE_BYTES = 4 * 2 ** 20;

function* cut(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/**
 * The same pieces up to the signal, which is heard while the next piece is waited for, too: a client that sends no more would
 * else hold what it has begun for ever.
 */
async function* untilStopped(
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  let stop = (): void => undefined;
  const onAbort = (): void => stop();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      throwIfCancelled(signal);
      // not `Promise.race` with one promise for all: it would remember every piece
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        stop = () => reject(signal.reason);
        iterator.next().then(resolve, reject);
      });
      throwIfCancelled(signal);
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    throwIfCancelled(signal);
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    // a generator that waits for its own next piece answers this only then
    iterator.return?.()?.catch(() => undefined);
  }
}

/** Bytes on their way to a place, hashed as they pass. */
export interface HashedPieces extends AsyncIterable<Uint8Array> {
  /** Once the pieces have ended. */
  readonly facts: BlobFacts;
}

/**
 * What a store writes of what it is given. The pieces end without an error only when they are what was said, and whoever holds
 * them against deletion has been told (`PutOptions.onHash`).
 */
export function hashedPieces(bytes: Bytes, { hash, maxBytes, signal, onHash }: PutOptions): HashedPieces {
  let facts: BlobFacts | undefined;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const hasher = sha256InPieces();
    let length = 0;
    const given = bytes instanceof Uint8Array ? cut(bytes) : signal ? untilStopped(bytes, signal) : bytes;
    for await (const piece of given) {
      throwIfCancelled(signal);
      length += piece.length;
      if (maxBytes !== undefined && length > maxBytes) throw tooLarge(maxBytes);
      hasher.update(piece);
      yield piece;
    }
    const found = { hash: hasher.digest(), bytes: length };
    if (hash !== undefined && found.hash !== hash) throw otherBytes(hash, found);
    await onHash?.(found);
    throwIfCancelled(signal);
    facts = found;
  }
  return {
    [Symbol.asyncIterator]: pieces,
    get facts() {
      if (!facts) throw new TypeError("the pieces have not ended");
      return facts;
    },
  };
}

function tooLarge(maxBytes: number): CoreError {
  const expected = `at most ${maxBytes} bytes`;
  return new CoreError("limit", { what: "The file is too large.", expected }, { facts: { maxBytes } });
}

function otherBytes(hash: string, found: BlobFacts): CoreError {
  return new CoreError(
    "corrupt",
    {
      what: "The bytes that came are not those that were announced.",
      received: `${found.bytes} bytes with the sha256 ${found.hash}`,
      expected: `the sha256 ${hash}`,
      fix: "Send the file again.",
    },
    { facts: { hash, received: found.hash } },
  );
}

/**
 * A stored blob on its way out: one that is damaged ends with an error before its last piece, so that whoever reads it never
 * has it whole.
 */
export async function* checkedPieces(
  hash: string,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hasher = sha256InPieces();
  let last: Uint8Array | undefined;
  for await (const piece of pieces) {
    if (last) yield last;
    hasher.update(piece);
    last = piece;
  }
  if (hasher.digest() !== hash) throw damagedBlob(hash);
  if (last) yield last;
}
