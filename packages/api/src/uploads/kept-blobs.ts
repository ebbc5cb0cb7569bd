import type { BlobStore } from "../ports/blob-store.ts";

/** Blobs that rows will name, and that no row names any more. */
export interface KeptBlobs extends Pick<BlobStore, "put"> {
  /** Takes away those that no row names and nobody holds. */
  drop(hashes: readonly string[]): Promise<void>;
}
