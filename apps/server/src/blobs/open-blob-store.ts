import type { BlobStore } from "@graft/api";
import type { OpenBlobStoreOptions } from "./blob-store-options.ts";
import { openFolderBlobStore } from "./folder-blob-store.ts";
import { checkFolderPath, isS3Address, parseS3Address } from "./s3-place.ts";

/**
 * @param place a folder's path, or `s3://bucket/prefix?endpoint=https://host&region=name`.
 * @throws CoreError `bad-input` for a place that cannot be used, `conflict` for one of another store, `unsupported` without the
 *   library that it needs, `offline`, `disk-full`.
 */
export async function openBlobStore(place: string, options: OpenBlobStoreOptions = {}): Promise<BlobStore> {
  if (!isS3Address(place)) {
    checkFolderPath(place);
    return openFolderBlobStore(place, options);
  }
  const { openS3BlobStore } = await import("./s3-blob-store.ts");
  return openS3BlobStore(parseS3Address(place), options);
}
