/**
 * Where the bytes of large files wait until they are whole, so that an upload goes on where it broke. Each is known by its
 * upload's id and by the sha256 that it will have; both come from graft or were checked: they are no names of anybody's.
 */
export interface UploadSpool {
  /** Bytes that are there; 0 for none. */
  size(upload: string, hash: string): Promise<number>;
  /**
   * Puts bytes behind those that are there. What came before the stream failed stays.
   * @param options.offset where they go: as many must be there. @param options.maxBytes of all together.
   * @returns how many are there then.
   * @throws CoreError `conflict` for another offset (facts: `have`) and while somebody else writes to it, `limit` above
   *   `maxBytes`, `disk-full`, `unreadable`; what the stream throws.
   */
  append(
    upload: string,
    hash: string,
    bytes: AsyncIterable<Uint8Array>,
    options: { readonly offset: number; readonly maxBytes: number },
  ): Promise<number>;
  /** All that is there, in pieces. @throws CoreError `not-found`. */
  stream(upload: string, hash: string): AsyncIterable<Uint8Array>;
  /** Nothing happens where there is none. */
  remove(upload: string, hash: string): Promise<void>;
  /** All of an upload. */
  removeAll(upload: string): Promise<void>;
  /** Uploads of which there is something. */
  uploads(): Promise<readonly string[]>;
}
