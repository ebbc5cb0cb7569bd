/**
 * Bytes by their sha256: a folder, an S3-compatible store, a browser's files. A blob is there whole or not at all, and never
 * changes. Which may go is for `blobs/blob-keeper.ts` to say. What is no hash is `bad-input` everywhere. One contract suite
 * (`test/server/contract/blob-store.ts`) holds every adapter.
 */
export interface BlobStore {
  /** For people: a folder's path, a bucket's address without secrets. */
  readonly name: string;
  /**
   * Stores bytes as they come; one that is there already and whole is left as it is.
   * @throws CoreError `corrupt` for other bytes than `options.hash` says, `limit` above `maxBytes`, `cancelled`, `disk-full`,
   *   `unreadable`, `offline`; what the stream and `onHash` throw. Nothing stays then.
   */
  put(bytes: Uint8Array | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<BlobFacts>;
  /** @returns undefined where there is none. @throws CoreError `unreadable`, `offline`, as all that follow. */
  head(hash: string): Promise<BlobFacts | undefined>;
  /** A whole one, at the start of a buffer of its own. @throws CoreError `not-found`, `corrupt` when its bytes have another hash. */
  read(hash: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Bytes from `start` on, at most `length`; fewer at the end. @throws CoreError `not-found`. */
  readRange(hash: string, start: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * A blob in pieces, for sending on. Whoever asks for it reads it, or a file or a connection stays open for a while.
   * @throws CoreError `not-found`; of a whole one `corrupt` before its last piece, so that nobody takes it for good.
   */
  stream(
    hash: string,
    range?: { readonly start: number; readonly length: number },
  ): Promise<AsyncIterable<Uint8Array>>;
  /** Nothing happens where there is none. */
  delete(hash: string): Promise<void>;
  /** All, in order of hash, some hundreds at a time. */
  list(): AsyncIterable<readonly (BlobFacts & { readonly storedAt: number })[]>;
}

export interface PutOptions {
  /** What the bytes must have. @default whatever they have */
  readonly hash?: string;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /**
   * Called once the hash of all bytes is known, before they are looked for or appear under it: whoever keeps others from
   * deleting them takes hold of them here (`blobs/blob-keeper.ts`).
   */
  readonly onHash?: (facts: BlobFacts) => Promise<void>;
}

export interface BlobFacts {
  /** sha256, 64 hexadecimal digits. */
  readonly hash: string;
  readonly bytes: number;
}
