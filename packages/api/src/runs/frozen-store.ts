import type { BlobKeeper, Kept } from "../blobs/blob-keeper.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import { encodeFrozen, type Frozen, parseFrozen } from "./frozen.ts";

/** A hundred thousand pictures take 100 MB: those of a run that trains and of one that is looked at. */
const KEPT = 3;

/** Frozen data sets, the last few in memory: a blob never changes. */
export class FrozenStore {
  readonly #blobs: BlobStore;
  readonly #keeper: Pick<BlobKeeper, "keep">;
  /** Used last is last. */
  readonly #kept = new Map<string, Promise<Frozen>>();

  constructor(options: { readonly blobs: BlobStore; readonly keeper: Pick<BlobKeeper, "keep"> }) {
    this.#blobs = options.blobs;
    this.#keeper = options.keeper;
  }

  /** @returns to be let go when a run's row names it. @throws CoreError as `BlobStore.put`. */
  write(frozen: Frozen): Promise<Kept> {
    return this.#keeper.keep(encodeFrozen(frozen));
  }

  /** @throws CoreError `not-found`, `corrupt`, `unreadable`. */
  read(hash: string): Promise<Frozen> {
    const frozen = this.#kept.get(hash) ?? this.#blobs.read(hash).then(parseFrozen);
    this.#kept.delete(hash);
    this.#kept.set(hash, frozen);
    for (const oldest of [...this.#kept.keys()].slice(0, -KEPT)) this.#kept.delete(oldest);
    frozen.catch(() => this.#kept.delete(hash));
    return frozen;
  }
}
