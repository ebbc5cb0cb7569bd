/** What a host keeps outside its store and its blobs. */
export const HOST_KINDS = [
  ...(["features", "archives", "known-sets", "weights", "rows", "old-rows"] as const),
  ...(["engines", "home-runs", "passing"] as const),
] as const;
export type HostKind = (typeof HOST_KINDS)[number];

/** Those of them that can be had again, or that nobody needs. */
export const FREEABLE_HOST_KINDS = ["features", "archives", "known-sets", "weights", "old-rows"] as const;
export type FreeableHostKind = (typeof FREEABLE_HOST_KINDS)[number];

/** What one kind takes. */
export interface HostRoom {
  readonly kind: HostKind;
  readonly bytes: number;
  /** Rows of features, archives, files, runs; null where nobody counts. */
  readonly count: number | null;
  /** Of the bytes, those that nothing uses now and that can be had again, or that nobody needs. */
  readonly freeableBytes: number;
}

/** What is gone of one kind. */
export interface FreedOfHost extends Pick<HostRoom, "bytes" | "count"> {
  readonly kind: FreeableHostKind;
}

/** A host's own places. A page has none. */
export interface HostStorage {
  /** @throws CoreError `unreadable`. */
  rooms(): Promise<readonly HostRoom[]>;
  /**
   * Frees kinds; what is in use, and what cannot be had again, stays.
   * @param options.keepBytes of features and archives together so much stays, used last.
   * @returns what is gone.
   */
  free(
    kinds: readonly FreeableHostKind[],
    options: { readonly keepBytes: number },
  ): Promise<readonly FreedOfHost[]>;
}
