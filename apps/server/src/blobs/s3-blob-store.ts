import { createReadStream, createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { arrayBuffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { BlobFacts, BlobStore } from "@graft/api";
import { sha256 } from "@graft/core/node";
import { checkHash, damagedBlob, isHash, noSuchBlob } from "./blob-errors.ts";
import type { OpenBlobStoreOptions } from "./blob-store-options.ts";
import { claimPlace, MARK_NAME, type PlaceClaim } from "./claim-place.ts";
import { placeRefused } from "./folder-trouble.ts";
import { checkedPieces, hashedPieces } from "./hashed-pieces.ts";
import { openUnfinished, unfinishedPath } from "./left-overs.ts";
import { openS3Objects, PART_BYTES, type S3Objects } from "./s3-objects.ts";
import { type S3Place, s3Name } from "./s3-place.ts";
import { s3Refused, s3Trouble } from "./s3-trouble.ts";

/** An upload in parts that has not ended by then is of a server that was killed. */
const STALE_UPLOAD_MS = 24 * 60 * 60_000;

async function answered<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw s3Trouble(error);
  }
}

async function* piecesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw s3Trouble(error);
  }
}

/** At the start of a buffer of its own. */
async function joined(body: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await arrayBuffer(piecesOf(body)));
}

/** The beginning of a stream: all of it, or more than goes as one request. */
async function beginning(
  pieces: AsyncIterator<Uint8Array>,
): Promise<{ readonly first: readonly Uint8Array[]; readonly isAll: boolean }> {
  const first: Uint8Array[] = [];
  for (let bytes = 0; bytes <= PART_BYTES; ) {
    const next = await pieces.next();
    if (next.done) return { first, isAll: true };
    first.push(next.value);
    bytes += next.value.length;
  }
  return { first, isAll: false };
}

async function* chained(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** Looks whether the place can be used, as a start should say and not the first upload. */
async function check(objects: S3Objects, place: S3Place, claim: PlaceClaim | undefined): Promise<void> {
  try {
    for await (const _ of objects.list()) break;
    const probe = `graft-write-test-${process.pid}`;
    await objects.put(probe, new Uint8Array());
    await objects.remove(probe);
    if (claim !== undefined)
      await claimPlace(claim, {
        place: s3Name(place),
        read: async () => {
          const body = await objects.get(MARK_NAME);
          return body && new TextDecoder().decode(await joined(body));
        },
        write: (text) => objects.put(MARK_NAME, new TextEncoder().encode(text)),
      });
  } catch (error) {
    throw s3Refused(place, error);
  }
  // not every store has these, nor every key the right to them; what stays costs room and no blob
  await objects.removeUnfinished(Date.now() - STALE_UPLOAD_MS).catch(() => undefined);
}

/**
 * Blobs in an S3-compatible store, each under its sha256 below the place's prefix. What is at most one part goes as one request;
 * longer ones in parts, completed when the last byte has come and the hash is right. One whose hash is not known in advance
 * waits in a temporary file for it. (In a bucket with versions, what is deleted stays as an old version until the bucket's own
 * rules remove it.)
 * @throws CoreError `unsupported` without the library, `bad-input` for a place that cannot be used, `conflict` for one of
 *   another store, `offline`.
 */
export async function openS3BlobStore(
  place: S3Place,
  { store, rows, from, temporary = join(tmpdir(), "graft-blobs") }: OpenBlobStoreOptions = {},
): Promise<BlobStore> {
  try {
    await openUnfinished(temporary);
  } catch (error) {
    throw placeRefused(temporary, error);
  }
  const objects = await openS3Objects(place);
  await check(objects, place, store === undefined ? undefined : { store, rows, from });

  const isThere = async ({ hash, bytes }: BlobFacts): Promise<boolean> =>
    (await objects.size(hash)) === bytes;

  /** Its hash is known when the file is whole. */
  const putByFile = async (pieces: AsyncIterable<Uint8Array>, facts: () => BlobFacts): Promise<void> => {
    const path = unfinishedPath(temporary);
    try {
      await pipeline(pieces, createWriteStream(path, { flags: "wx" }));
      if (await isThere(facts())) return;
      await objects.upload(facts().hash, createReadStream(path));
    } finally {
      await rm(path, { force: true });
    }
  };

  const stream: BlobStore["stream"] = async (hash, range) => {
    checkHash(hash);
    if (range && range.length <= 0) {
      if ((await answered(objects.size(hash))) === undefined) throw noSuchBlob(hash);
      return Readable.from([]);
    }
    const body = await answered(objects.get(hash, range));
    if (!body) throw noSuchBlob(hash);
    return range ? piecesOf(body) : checkedPieces(hash, piecesOf(body));
  };

  return {
    name: s3Name(place),
    async put(bytes, options = {}) {
      if (options.hash !== undefined) checkHash(options.hash);
      // what is there whole can be hashed at once
      const known = options.hash ?? (bytes instanceof Uint8Array ? sha256(bytes) : undefined);
      const hashed = hashedPieces(bytes, known === undefined ? options : { ...options, hash: known });
      const pieces = hashed[Symbol.asyncIterator]();
      const store = async (): Promise<BlobFacts> => {
        const { first, isAll } = await beginning(pieces);
        if (!isAll && known !== undefined) await objects.upload(known, chained(first, pieces));
        else if (!isAll) await putByFile(chained(first, pieces), () => hashed.facts);
        else if (!(await isThere(hashed.facts)))
          await objects.put(hashed.facts.hash, Buffer.concat(first), options.signal);
        return hashed.facts;
      };
      try {
        return await answered(store());
      } finally {
        // a source that was given up is told so; one that waits for more bytes hears it only then
        pieces.return?.()?.catch(() => undefined);
      }
    },
    async head(hash) {
      checkHash(hash);
      const bytes = await answered(objects.size(hash));
      return bytes === undefined ? undefined : { hash, bytes };
    },
    async read(hash) {
      checkHash(hash);
      const body = await answered(objects.get(hash));
      if (!body) throw noSuchBlob(hash);
      const bytes = await joined(body);
      if (sha256(bytes) !== hash) throw damagedBlob(hash);
      return bytes;
    },
    readRange: async (hash, start, length) => joined(await stream(hash, { start, length })),
    stream,
    async delete(hash) {
      checkHash(hash);
      await answered(objects.remove(hash));
    },
    async *list() {
      try {
        for await (const page of objects.list()) {
          const blobs = page.filter(({ key }) => isHash(key));
          if (blobs.length > 0)
            yield blobs.map(({ key, bytes, changedAt }) => ({ hash: key, bytes, storedAt: changedAt }));
        }
      } catch (error) {
        throw s3Trouble(error);
      }
    },
  };
}
