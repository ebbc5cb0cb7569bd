export interface OpenBlobStoreOptions {
  /** Id of the store of rows that the blobs are for: a place that is another's is refused. @default nobody asks */
  readonly store?: string | undefined;
  /** Where that store is, for people: the place's mark tells it to who comes with another one. */
  readonly rows?: string | undefined;
  /** Id of the store that hands the place on to that one, and is refused there from then on. */
  readonly from?: string | undefined;
  /** Folder for what is on its way to an S3 store. @default one in the system's folder for temporary files */
  readonly temporary?: string | undefined;
}
