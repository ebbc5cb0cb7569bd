import type { BlobStore } from "../ports/blob-store.ts";
import { encodeFrozen, type Frozen, parseFrozen } from "./frozen.ts";

/** A hundred thousand pictures take 100 MB: those of a run that trains and of one that is looked at. */
const KEPT = 3;

/** Frozen data sets, the last few in memory: a blob never changes. */
export class FrozenStore {
  readonly #blobs: BlobStore;
  /** Used last is last. */
  readonly #kept = new Map<string, Promise<Frozen>>();

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
  }

  /** @returns its hash. Nobody names it yet: see `BlobRepository.hold`. @throws CoreError as `BlobStore.put`. */
  async write(frozen: Frozen): Promise<string> {
    return (await this.#blobs.put(encodeFrozen(frozen))).hash;
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
