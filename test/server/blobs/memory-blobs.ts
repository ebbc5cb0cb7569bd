import type { BlobRepository, BlobStore, NamedBlob } from "@graft/api";
import { checkHash, damagedBlob, noSuchBlob } from "../../../apps/server/src/blobs/blob-errors.ts";
import { hashedPieces } from "../../../apps/server/src/blobs/hashed-pieces.ts";

/** Called at every point at which other work may come between. */
export type Turn = () => Promise<void>;
const noTurn: Turn = async () => undefined;

export interface MemoryBlobStore extends BlobStore {
  readonly stored: Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; readonly storedAt: number }>;
}

/**
 * Blobs in a map, for tests of what stands on blobs; it passes the contract suite.
 * @param options.onDelete told of what goes, when it goes.
 */
export function memoryBlobStore({
  turn = noTurn,
  clock = Date.now,
  onDelete = () => undefined,
}: {
  readonly turn?: Turn;
  readonly clock?: () => number;
  readonly onDelete?: (hash: string) => void;
} = {}): MemoryBlobStore {
  const stored: MemoryBlobStore["stored"] = new Map();
  const find = async (hash: string) => {
    checkHash(hash);
    await turn();
    const found = stored.get(hash);
    if (!found) throw noSuchBlob(hash);
    return found.bytes;
  };
  async function* streamed(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 2 ** 20) yield bytes.slice(at, at + 2 ** 20);
  }
  return {
    name: "memory",
    stored,
    async put(bytes, options = {}) {
      if (options.hash !== undefined) checkHash(options.hash);
      const hashed = hashedPieces(bytes, options);
      const pieces: Uint8Array[] = [];
      for await (const piece of hashed) pieces.push(piece);
      await turn();
      const { hash } = hashed.facts;
      if (!stored.has(hash))
        stored.set(hash, { bytes: new Uint8Array(Buffer.concat(pieces)), storedAt: clock() });
      await turn();
      return hashed.facts;
    },
    async head(hash) {
      checkHash(hash);
      await turn();
      const found = stored.get(hash);
      return found && { hash, bytes: found.bytes.length };
    },
    async read(hash) {
      const bytes = (await find(hash)).slice();
      const hashed = hashedPieces(bytes, {});
      for await (const _ of hashed);
      if (hashed.facts.hash !== hash) throw damagedBlob(hash);
      return bytes;
    },
    readRange: async (hash, start, length) => (await find(hash)).slice(start, start + length),
    async stream(hash, range = { start: 0, length: Number.POSITIVE_INFINITY }) {
      return streamed((await find(hash)).slice(range.start, range.start + range.length));
    },
    async delete(hash) {
      checkHash(hash);
      onDelete(hash);
      stored.delete(hash);
      await turn();
    },
    async *list() {
      for (const hash of [...stored.keys()].sort()) {
        await turn();
        const found = stored.get(hash);
        if (found) yield [{ hash, bytes: found.bytes.length, storedAt: found.storedAt }];
      }
    },
  };
}

export interface MemoryBlobRows extends BlobRepository {
  /** What rows name, by the rows' ids. */
  readonly rows: Map<string, NamedBlob>;
}

/** What a repository knows of blobs, in maps: each call is one change, as in a database. */
export function memoryBlobRows({
  turn = noTurn,
  clock = Date.now,
}: {
  readonly turn?: Turn;
  readonly clock?: () => number;
} = {}): MemoryBlobRows {
  const rows: MemoryBlobRows["rows"] = new Map();
  const holds = new Map<string, Map<string, number>>();
  const marks = new Map<string, number>();
  const isNamed = (hash: string): boolean => [...rows.values()].some((row) => row.hash === hash);
  const isHeld = (hash: string): boolean =>
    [...holds.values()].some((hashes) => (hashes.get(hash) ?? 0) > clock());
  /** One change, with time before and after it. */
  const atOnce = async <T>(change: () => T): Promise<T> => {
    await turn();
    const result = change();
    await turn();
    return result;
  };
  return {
    rows,
    hold: (hashes, { id, until }) =>
      atOnce(() => {
        const held = holds.get(id) ?? new Map<string, number>();
        for (const hash of hashes) if (!marks.has(hash)) held.set(hash, until);
        holds.set(id, held);
        return new Set(hashes.filter((hash) => marks.has(hash)));
      }),
    releaseHold: (id) => atOnce(() => void holds.delete(id)),
    beginDeletion: (hashes, { now, staleBefore }) =>
      atOnce(() => {
        const isMarked = (hash: string): boolean =>
          (marks.get(hash) ?? Number.NEGATIVE_INFINITY) >= staleBefore;
        const mine = hashes.filter((hash) => !isMarked(hash) && !isNamed(hash) && !isHeld(hash));
        for (const hash of mine) marks.set(hash, now);
        return new Set(mine);
      }),
    endDeletion: (hashes) =>
      atOnce(() => {
        for (const hash of hashes) marks.delete(hash);
      }),
    deletions: () => atOnce(() => [...marks].map(([hash, begunAt]) => ({ hash, begunAt }))),
    named: (hashes) => atOnce(() => new Set(hashes.filter(isNamed))),
    async *all() {
      await turn();
      const known = new Map([...rows.values()].map((row) => [row.hash, row]));
      for (const hash of [...known.keys()].sort()) {
        const row = known.get(hash);
        if (row) yield [row];
      }
    },
  };
}
