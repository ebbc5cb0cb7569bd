import type { BlobKind } from "../ports/rows.ts";
import type { BlobPorts } from "./blob-keeper.ts";
import { comparedBlobs } from "./compare-blobs.ts";

/** Room on the store's disk. */
export interface Room {
  readonly blobs: number;
  readonly bytes: number;
}

/** What takes room. */
export interface StorageFacts {
  /** By what it is for; what several rows name is counted once, under the first kind of `BLOB_KINDS`. */
  readonly kinds: Readonly<Record<BlobKind, Room>>;
  /** What no row names: uploads under way, and what the next sweep takes away. */
  readonly unnamed: Room;
  readonly all: Room;
}

/** Counts what is stored; it reads two lists, of any length. */
export async function storageFacts(ports: Omit<BlobPorts, "clock">): Promise<StorageFacts> {
  const counted = (): { blobs: number; bytes: number } => ({ blobs: 0, bytes: 0 });
  const kinds = {
    ...{ picture: counted(), thumbnail: counted(), upload: counted() },
    ...{ model: counted(), checkpoint: counted(), run: counted() },
  } satisfies Record<BlobKind, Room>;
  const [unnamed, all] = [counted(), counted()];
  for await (const { named, stored } of comparedBlobs(ports)) {
    if (!stored) continue;
    for (const room of [named ? kinds[named.kind] : unnamed, all]) {
      room.blobs += 1;
      room.bytes += stored.bytes;
    }
  }
  return { kinds, unnamed, all };
}
