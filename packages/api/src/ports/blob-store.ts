/**
 * Bytes by their sha256: a folder, an S3-compatible store, a browser's files. A blob is there whole or not at all, and never
 * changes. Which may go is for `blobs/blob-keeper.ts` to say.
 */
export interface BlobStore {
  /** For people: a folder's path, a bucket's address without secrets. */
  readonly name: string;
  /**
   * Stores bytes as they come; one that is there already is left as it is.
   * @param options.hash what they must have. @default whatever they have
   * @throws CoreError `corrupt` for other bytes, `limit` above `maxBytes`, `disk-full`, `unreadable`; nothing stays then.
   */
  put(
    bytes: Uint8Array | AsyncIterable<Uint8Array>,
    options?: { readonly hash?: string; readonly maxBytes?: number; readonly signal?: AbortSignal },
  ): Promise<BlobFacts>;
  /** @returns undefined where there is none. @throws CoreError `unreadable`. */
  head(hash: string): Promise<BlobFacts | undefined>;
  /** A whole one, at the start of a buffer of its own. @throws CoreError `not-found`, `corrupt` when its bytes have another hash. */
  read(hash: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Bytes from `start` on, at most `length`; fewer at the end. @throws CoreError `not-found`. */
  readRange(hash: string, start: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** A blob in pieces, for sending on. @throws CoreError `not-found`. */
  stream(
    hash: string,
    range?: { readonly start: number; readonly length: number },
  ): Promise<AsyncIterable<Uint8Array>>;
  /** Nothing happens where there is none. */
  delete(hash: string): Promise<void>;
  /** All, in order of hash, some hundreds at a time. */
  list(): AsyncIterable<readonly (BlobFacts & { readonly storedAt: number })[]>;
}

export interface BlobFacts {
  readonly hash: string;
  readonly bytes: number;
}
