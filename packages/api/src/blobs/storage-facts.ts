import { BLOB_KINDS, type BlobKind } from "../ports/rows.ts";
import type { BlobPorts } from "./blob-keeper.ts";
import { comparedBlobs } from "./compare-blobs.ts";

/** What can be made again, or is left over, is given up when it is older: somebody may be at it until then. */
export const SETTLED_MS = 60 * 60_000;

/** Room on the store's disk. */
export interface BlobRoom {
  readonly blobs: number;
  readonly bytes: number;
  /** Of the bytes, those that were stored more than `SETTLED_MS` ago. */
  readonly settledBytes: number;
}

/** What takes room. */
export interface StorageFacts {
  /** By what it is for; what several rows name is counted once, under the first kind of `BLOB_KINDS`. */
  readonly kinds: readonly (BlobRoom & { readonly kind: BlobKind })[];
  /** What no row names: uploads under way, and what the next sweep takes away. */
  readonly unnamed: BlobRoom;
  readonly all: BlobRoom;
}

/**
 * Counts what is stored; it reads two lists, of any length.
 * @param onSettled told of each named blob that is settled.
 */
export async function storageFacts(
  { clock, ...ports }: BlobPorts,
  onSettled: (hash: string, kind: BlobKind) => void = () => undefined,
): Promise<StorageFacts> {
  const rooms = new Map<BlobKind | "unnamed" | "all", BlobRoom>();
  const roomOf = (kind: BlobKind | "unnamed" | "all"): BlobRoom =>
    rooms.get(kind) ?? { blobs: 0, bytes: 0, settledBytes: 0 };
  const before = clock() - SETTLED_MS;
  for await (const { named, stored } of comparedBlobs(ports)) {
    if (!stored) continue;
    const isSettled = stored.storedAt < before;
    if (named && isSettled) onSettled(named.hash, named.kind);
    for (const kind of [named?.kind ?? "unnamed", "all"] as const) {
      const { blobs, bytes, settledBytes } = roomOf(kind);
      rooms.set(kind, {
        ...{ blobs: blobs + 1, bytes: bytes + stored.bytes },
        settledBytes: settledBytes + (isSettled ? stored.bytes : 0),
      });
    }
  }
  return {
    kinds: BLOB_KINDS.map((kind) => ({ kind, ...roomOf(kind) })),
    ...{ unnamed: roomOf("unnamed"), all: roomOf("all") },
  };
}
