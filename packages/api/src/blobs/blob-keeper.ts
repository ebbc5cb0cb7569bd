import { inParallel, throwIfCancelled } from "@graft/core";
import type { BlobFacts, BlobStore, PutOptions } from "../ports/blob-store.ts";
import { type Clock, newId } from "../ports/clock.ts";
import type { Ports } from "../ports/ports.ts";
import type { BlobRepository, Repository } from "../ports/repository.ts";
import { holdLine } from "./hold-line.ts";

export interface BlobPorts {
  readonly blobs: BlobStore;
  readonly repository: Pick<Repository, "blobs">;
  readonly clock: Clock;
  readonly features?: Ports["features"];
}

/** The row that names a blob is written by then; of a process that was killed nothing else is known. */
const HOLD_MS = 60 * 60_000;
/** A deletion is one request: whoever began it before has been killed. */
const STALE_DELETION_MS = 5 * 60_000;
const DAY_MS = 24 * 60 * 60_000;
/** Hashes that are asked about at once. */
const BATCH_SIZE = 200;
const PICTURES_SIZE = 5000;
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
  /** Holds blobs that will be kept: to hold many by one call costs what one does. */
  hold(hashes: readonly string[]): Promise<void>;
  /**
   * Lets go of all of them, when the rows are written or will not be: what no row names then is deleted. Within an hour of the
   * first; a second call does nothing.
   */
  release(): Promise<void>;
}

export interface DropOptions {
  readonly arePictures?: boolean;
}

interface DeleteOptions extends DropOptions {
  readonly staleBefore?: number;
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
  readonly #features: BlobPorts["features"];
  readonly #wait: (ms: number) => Promise<void>;

  /** @param options.wait how time is passed while somebody else deletes the same bytes. @default a timer */
  constructor(
    { blobs, repository, clock, features }: BlobPorts,
    { wait = laterBy }: { readonly wait?: (ms: number) => Promise<void> } = {},
  ) {
    this.#blobs = blobs;
    this.#rows = repository.blobs;
    this.#clock = clock;
    this.#features = features;
    this.#wait = wait;
  }

  /** For several blobs whose rows are written together. */
  begin(): Keeping {
    const id = newId();
    const held = new Set<string>();
    const ask = holdLine((hashes) => this.#rows.hold(hashes, { id, until: this.#clock() + HOLD_MS }));
    const hold = async (hash: string, signal?: AbortSignal): Promise<void> => {
      if (held.has(hash)) return;
      await this.#hold(() => ask(hash), signal);
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
        // held first: what is there then stays
        await Promise.all(hashes.map((hash) => hold(hash)));
        const stored = new Set<string>();
        await inParallel(hashes, AT_ONCE, async (hash) => {
          if (await this.#blobs.head(hash)) stored.add(hash);
        });
        return stored;
      },
      hold: async (hashes) => {
        await Promise.all(hashes.map((hash) => hold(hash)));
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
   * @param options.arePictures what was computed of those that are deleted goes with them. @default false
   * @throws what `BlobStore.delete` and `KeptFeatures.forget` throw, once all others are gone; blobs that stay are marked, and
   *   finished later.
   */
  async drop(hashes: Iterable<string>, { arePictures = false }: DropOptions = {}): Promise<void> {
    const all = [...new Set(hashes)];
    // a cache of features is read through each time
    const size = arePictures && this.#features ? PICTURES_SIZE : BATCH_SIZE;
    for (let at = 0; at < all.length; at += size) {
      const batch = all.slice(at, at + size);
      // most often there is nothing to do, and to mark is dearer: everybody who names blobs waits for it
      const named = await this.#rows.named(batch);
      const free = batch.filter((hash) => !named.has(hash));
      await this.#delete(free, { arePictures });
    }
  }

  /**
   * Finishes deletions that were begun by who was killed since. A server calls it at its start and now and then.
   * @param options.isAlone nobody else works on this store: whatever is marked was left behind. @default those that are old enough
   */
  async finishDeletions({ isAlone = false }: { readonly isAlone?: boolean } = {}): Promise<void> {
    const staleBefore = isAlone ? this.#clock() + 1 : this.#clock() - STALE_DELETION_MS;
    const marked = await this.#rows.deletions();
    const stale = marked.filter(({ begunAt }) => begunAt < staleBefore).map(({ hash }) => hash);
    if (stale.length === 0) return;
    // of what these were nothing is known any more
    await this.#delete(stale, { staleBefore, arePictures: true });
    // to name what is marked is refused, so no such row should be
    await this.#rows.endDeletion([...(await this.#rows.named(stale))]);
  }

  /** Deletes blobs that no row names and nobody holds, such as those of an upload that was given up. */
  async sweep({ olderThanMs = DAY_MS }: { readonly olderThanMs?: number } = {}): Promise<Swept> {
    await this.finishDeletions();
    const swept = { blobs: 0, bytes: 0 };
    for await (const page of this.#blobs.list()) {
      const old = page.filter(({ storedAt }) => storedAt < this.#clock() - olderThanMs);
      if (old.length === 0) continue;
      const named = await this.#rows.named(old.map(({ hash }) => hash));
      const free = old.filter(({ hash }) => !named.has(hash));
      const deleted = await this.#delete(free.map(({ hash }) => hash));
      for (const { hash, bytes } of free) {
        if (!deleted.has(hash)) continue;
        swept.blobs += 1;
        swept.bytes += bytes;
      }
    }
    return swept;
  }

  /** Takes a hold when nobody deletes the bytes any more. @param take whether it got it. */
  async #hold(take: () => Promise<boolean>, signal: AbortSignal | undefined): Promise<void> {
    for (let waitMs = 4; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      throwIfCancelled(signal);
      if (await take()) return;
      if (waitMs === LONGEST_WAIT_MS) await this.finishDeletions();
      await this.#wait(waitMs);
    }
  }

  /**
   * @returns those that are gone; the others are needed, or somebody else deletes them.
   * @throws what the store throws, once all others are gone.
   */
  async #delete(
    hashes: readonly string[],
    { staleBefore = this.#clock() - STALE_DELETION_MS, arePictures = false }: DeleteOptions = {},
  ): Promise<ReadonlySet<string>> {
    if (hashes.length === 0) return new Set();
    const begun = this.#clock();
    const marked = await this.#rows.beginDeletion(hashes, { now: begun, staleBefore });
    const deleted = new Set<string>();
    const failures: unknown[] = [];
    // a kill leaves the mark, and both are done again
    if (arePictures && marked.size > 0)
      await this.#features?.forget(marked).catch((error: unknown) => failures.push(error));
    await inParallel(marked, AT_ONCE, async (hash) => {
      // whoever is held up for longer finds that another has taken the mark over, and perhaps stored the bytes again
      if (this.#clock() - begun > STALE_DELETION_MS / 2) return;
      try {
        await this.#blobs.delete(hash);
        deleted.add(hash);
      } catch (error) {
        failures.push(error);
      }
    });
    if (deleted.size > 0 && this.#clock() - begun < STALE_DELETION_MS)
      await this.#rows.endDeletion([...deleted]);
    if (failures.length > 0) throw failures[0];
    return deleted;
  }
}
