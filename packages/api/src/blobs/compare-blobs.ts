import type { BlobFacts } from "../ports/blob-store.ts";
import type { NamedBlob } from "../ports/rows.ts";
import type { BlobPorts } from "./blob-keeper.ts";

type Stored = BlobFacts & { readonly storedAt: number };

/** What rows and the store say of one hash; at least one of them knows it. */
export interface ComparedBlob {
  readonly hash: string;
  readonly named: NamedBlob | undefined;
  readonly stored: Stored | undefined;
}

/** One by one, checked to be in order of hash: else two lists could not be read side by side. */
async function* inOrder<T extends { readonly hash: string }>(
  pages: AsyncIterable<readonly T[]>,
  of: string,
): AsyncGenerator<T, undefined> {
  let last = "";
  for await (const page of pages)
    for (const one of page) {
      if (one.hash <= last) throw new TypeError(`${of} are not in order of hash`);
      last = one.hash;
      yield one;
    }
  return undefined;
}

/**
 * All blobs that rows name or that are stored, in order of hash, of a store of any size: two lists are read side by side. What
 * changes meanwhile may be seen by one of them alone.
 */
export async function* comparedBlobs({
  blobs,
  repository,
}: Omit<BlobPorts, "clock">): AsyncGenerator<ComparedBlob> {
  const [rows, files] = [inOrder(repository.blobs.all(), "rows"), inOrder(blobs.list(), "blobs")];
  let [named, stored] = [(await rows.next()).value, (await files.next()).value];
  while (named || stored) {
    const hash = [named?.hash, stored?.hash].filter((one) => one !== undefined).sort()[0] ?? "";
    const [isNamed, isStored] = [named?.hash === hash, stored?.hash === hash];
    yield { hash, named: isNamed ? named : undefined, stored: isStored ? stored : undefined };
    if (isNamed) named = (await rows.next()).value;
    if (isStored) stored = (await files.next()).value;
  }
}
