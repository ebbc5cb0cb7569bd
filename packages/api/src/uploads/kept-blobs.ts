import type { BlobKeeper } from "../blobs/blob-keeper.ts";

/** The keeper, as far as data sets and uploads need it. */
export type KeptBlobs = Pick<BlobKeeper, "keep" | "begin" | "drop">;
