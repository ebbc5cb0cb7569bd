import { throwIfCancelled } from "@graft/core";
import type { BlobFacts, BlobStore, PutOptions } from "../ports/blob-store.ts";
import { type Clock, newId } from "../ports/clock.ts";
import type { BlobRepository, Repository } from "../ports/repository.ts";

export interface BlobPorts {
  readonly blobs: BlobStore;
  readonly repository: Pick<Repository, "blobs">;
  readonly clock: Clock;
}

/** The row that names a blob is written by then; of a process that was killed nothing else is known. */
const HOLD_MS = 60 * 60_000;
/** A deletion is one request: whoever began it before has been killed. */
const STALE_DELETION_MS = 5 * 60_000;
const DAY_MS = 24 * 60 * 60_000;
/** Hashes that are asked about at once. */
const BATCH_SIZE = 200;
/** Blobs that are looked for or deleted at once: with an S3 store each is a request. */
const AT_ONCE = 8;
const LONGEST_WAIT_MS = 1000;

const laterBy = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What is given to be kept: bytes, or a stream of them. */
export type Bytes = Uint8Array | AsyncIterable<Uint8Array>;
export type KeepOptions = Pick<PutOptions, "hash" | "maxBytes" | "signal">;

/** A blob that is stored and that nobody deletes until it is let go. */
export interface Kept extends BlobFacts, AsyncDisposable {
  /** See `Keeping.release`. */
  release(): Promise<void>;
}

/** Blobs that are held together until the rows that name them are written. */
export interface Keeping extends AsyncDisposable {
  /** Stores a blob and holds it. @throws what `BlobStore.put` throws. */
  keep(bytes: Bytes, options?: KeepOptions): Promise<BlobFacts>;
  /** Holds those of the hashes that are stored, for rows that will name them, too. @returns them. */
  keepStored(hashes: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Lets go of all of them, when the rows are written or will not be: what no row names then is deleted. Within an hour of the
   * first; a second call does nothing.
   */
  release(): Promise<void>;
}

/** What a sweep took away. */
export interface Swept {
  readonly blobs: number;
  readonly bytes: number;
}

/**
 * The one way in which services store and drop blobs, so that none goes that a row names and none stays for nothing, whatever
 * happens at the same time and whenever a process is killed.
 *
 * Whoever stores a blob holds its hash from before it appears until the row is written; whoever deletes one marks it first,
 * which the repository does only for what no row names and nobody holds, and nobody gets a hold while the mark is there.
 * So a service writes rows while it holds what they name (also rows that name a blob of other rows: a copy), and drops what
 * rows named after it has removed them.
 */
export class BlobKeeper {
  readonly #blobs: BlobStore;
  readonly #rows: BlobRepository;
  readonly #clock: Clock;
  readonly #wait: (ms: number) => Promise<void>;

  /** @param options.wait how time is passed while somebody else deletes the same bytes. @default a timer */
  constructor(
    { blobs, repository, clock }: BlobPorts,
    { wait = laterBy }: { readonly wait?: (ms: number) => Promise<void> } = {},
  ) {
    this.#blobs = blobs;
    this.#rows = repository.blobs;
    this.#clock = clock;
    this.#wait = wait;
  }

  /** For several blobs whose rows are written together. */
  begin(): Keeping {
    const id = newId();
    const held = new Set<string>();
    const hold = async (hash: string, signal?: AbortSignal): Promise<void> => {
      await this.#hold(hash, id, signal);
      held.add(hash);
    };
    const release = async (): Promise<void> => {
      if (held.size === 0) return;
      const hashes = [...held];
      held.clear();
      await this.#rows.releaseHold(id);
      // a deletion that fails is marked, and finished later; what was kept is none the worse for it
      await this.drop(hashes).catch(() => undefined);
    };
    return {
      keep: (bytes, options = {}) =>
        this.#blobs.put(bytes, { ...options, onHash: ({ hash }) => hold(hash, options.signal) }),
      keepStored: async (hashes) => {
        const stored = new Set<string>();
        const keepOne = async (hash: string): Promise<void> => {
          // held first: what is there then stays
          await hold(hash);
          if (await this.#blobs.head(hash)) stored.add(hash);
        };
        for (let at = 0; at < hashes.length; at += AT_ONCE)
          await Promise.all(hashes.slice(at, at + AT_ONCE).map(keepOne));
        return stored;
      },
      release,
      [Symbol.asyncDispose]: release,
    };
  }

  /** Stores one blob and holds it. @throws what `BlobStore.put` throws; then nothing is held. */
  async keep(bytes: Bytes, options: KeepOptions = {}): Promise<Kept> {
    const keeping = this.begin();
    try {
      const facts = await keeping.keep(bytes, options);
      return { ...facts, release: keeping.release, [Symbol.asyncDispose]: keeping.release };
    } catch (error) {
      await keeping.release();
      throw error;
    }
  }

  /**
   * Deletes those of the blobs that no row names and nobody holds; whoever holds one sees to it when he lets go. Call it after
   * the rows are gone.
   * @throws what `BlobStore.delete` throws, once all others are gone; the rest is marked and finished later.
   */
  async drop(hashes: Iterable<string>): Promise<void> {
    const all = [...new Set(hashes)];
    const failures: unknown[] = [];
    for (let at = 0; at < all.length; at += BATCH_SIZE) {
      const batch = all.slice(at, at + BATCH_SIZE);
      const named = await this.#rows.named(batch);
      const free = batch.filter((hash) => !named.has(hash));
      for (let from = 0; from < free.length; from += AT_ONCE) {
        const some = free.slice(from, from + AT_ONCE);
        const ends = await Promise.allSettled(some.map((hash) => this.#delete(hash)));
        for (const end of ends) if (end.status === "rejected") failures.push(end.reason);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /**
   * Finishes deletions that were begun by who was killed since. A server calls it at its start and now and then.
   * @param options.isAlone nobody else works on this store: whatever is marked was left behind. @default those that are old enough
   */
  async finishDeletions({ isAlone = false }: { readonly isAlone?: boolean } = {}): Promise<void> {
    const staleBefore = isAlone ? this.#clock() + 1 : this.#clock() - STALE_DELETION_MS;
    for (const { hash, begunAt } of await this.#rows.deletions()) {
      if (begunAt >= staleBefore) continue;
      const isDeleted = await this.#delete(hash, staleBefore);
      if (!isDeleted && (await this.#rows.named([hash])).has(hash)) await this.#rows.endDeletion(hash);
    }
  }

  /** Deletes blobs that no row names and nobody holds, such as those of an upload that was given up. */
  async sweep({ olderThanMs = DAY_MS }: { readonly olderThanMs?: number } = {}): Promise<Swept> {
    await this.finishDeletions();
    const swept = { blobs: 0, bytes: 0 };
    for await (const page of this.#blobs.list()) {
      const old = page.filter(({ storedAt }) => storedAt < this.#clock() - olderThanMs);
      const named = old.length === 0 ? new Set() : await this.#rows.named(old.map(({ hash }) => hash));
      for (const { hash, bytes } of old) {
        if (named.has(hash) || !(await this.#delete(hash))) continue;
        swept.blobs += 1;
        swept.bytes += bytes;
      }
    }
    return swept;
  }

  /** Holds a hash, when nobody deletes it any more. */
  async #hold(hash: string, id: string, signal: AbortSignal | undefined): Promise<void> {
    for (let waitMs = 4; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      throwIfCancelled(signal);
      if (await this.#rows.hold(hash, { id, until: this.#clock() + HOLD_MS })) return;
      if (waitMs === LONGEST_WAIT_MS) await this.finishDeletions();
      await this.#wait(waitMs);
    }
  }

  /** @returns whether it is gone; false where it is needed, or where somebody else deletes it. */
  async #delete(hash: string, staleBefore = this.#clock() - STALE_DELETION_MS): Promise<boolean> {
    const begun = this.#clock();
    if (!(await this.#rows.beginDeletion(hash, { now: begun, staleBefore }))) return false;
    // whoever is held up for longer finds that another has taken the mark over, and perhaps stored the bytes again
    if (this.#clock() - begun > STALE_DELETION_MS / 2) return false;
    await this.#blobs.delete(hash);
    if (this.#clock() - begun < STALE_DELETION_MS) await this.#rows.endDeletion(hash);
    return true;
  }
}
