import type { NamedBlob } from "../ports/rows.ts";
import type { BlobPorts } from "./blob-keeper.ts";
import { comparedBlobs } from "./compare-blobs.ts";

/** What is wrong between rows and the blobs that they name. */
export interface BlobTrouble extends NamedBlob {
  /** missing: there are no such bytes; length: there are, of another length. */
  readonly trouble: "missing" | "length";
}

/**
 * Rows whose blob is not there, or cannot be what they say. The bytes themselves are not read: `BlobStore.read` does that.
 * @returns in order of hash.
 */
export async function checkBlobs(ports: Omit<BlobPorts, "clock">): Promise<readonly BlobTrouble[]> {
  const { blobs, repository } = ports;
  const found: BlobTrouble[] = [];
  for await (const { hash, named, stored } of comparedBlobs(ports)) {
    if (!named) continue;
    const isWhole = (bytes: number | undefined): boolean =>
      bytes !== undefined && (named.bytes === null || named.bytes === bytes);
    if (isWhole(stored?.bytes)) continue;
    // put, or dropped, while the lists were read: asked once more
    const bytes = (await blobs.head(hash))?.bytes;
    const isNamed = (await repository.blobs.named([hash])).has(hash);
    if (isNamed && !isWhole(bytes))
      found.push({ ...named, trouble: bytes === undefined ? "missing" : "length" });
  }
  return found;
}
