import { CoreError } from "../errors.ts";
import type { RowStore } from "../features/one-by-one.ts";
import { decodeRow, encodeRow } from "../features/row-record.ts";
import { featureSpaceId } from "../features/space.ts";
import type { FeatureKey, FeatureRow, FeatureSpace, FeatureStore } from "../features/types.ts";
import { makeFolder } from "../files/make-folder-node.ts";
import { newOwner } from "../files/owner-node.ts";
import { readFailure } from "../files/read-failure-node.ts";
import { codeOf } from "../files/system-error-node.ts";
import { sweepArchives } from "./archives-node.ts";
import { CACHE_BYTES } from "./cache-node.ts";
import { storeError, sweepCache } from "./folder-node.ts";
import { forgetFeatures } from "./forget-node.ts";
import { takeLease } from "./lease-node.ts";
import { recordBytes } from "./pack-node.ts";
import { CacheRoom } from "./room-node.ts";
import { SpaceReader } from "./space-reader-node.ts";
import { SpaceWriter } from "./space-writer-node.ts";

export interface FeatureStoreOptions {
  /** HOME/cache/features; made when it is not there. */
  readonly folder: string;
  /** HOME/cache/archives: what lies there counts against the limit, and goes as features do. @default none */
  readonly archives?: string;
  /** Above this the least recently used features and archives go. @default 10 GB */
  readonly maxBytes?: number;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
  /** Told once when a row was not kept because live runs need all that is there. */
  readonly onLimit?: (message: string) => void;
  /** Told once when there are packs of a newer graft: they stay as they are, and what is in them is computed again. */
  readonly onNewer?: (message: string) => void;
}

/** Features in a folder, shared by any number of processes. */
export interface NodeFeatureStore extends FeatureStore, RowStore, AsyncDisposable {
  has(space: FeatureSpace, key: FeatureKey): Promise<boolean>;
  /** As `forgetFeatures` of its folder; it knows of none of these rows afterwards. */
  forget(hashes: ReadonlySet<string>): Promise<void>;
  /** Lets go of packs that another process gave up, so that the disk gets their room back. */
  look(): Promise<void>;
  /** Finishes what is being written. Idempotent; nothing else may be called afterwards. */
  close(): Promise<void>;
}

/** A full cache is about this many packs, which are given up one by one. */
const PACKS = 64;

function checkKey({ hash, variant }: FeatureKey): void {
  if (/^[0-9a-f]{64}$/.test(hash) && Number.isInteger(variant) && variant >= 0 && variant < 2 ** 32) return;
  throw new CoreError("bad-input", {
    what: "Features are kept under an image's hash and a variant number.",
    received: `${hash}, ${variant}`,
    expected: "a sha256 in lower-case hex, and an integer from 0",
  });
}

/** One space in use. */
interface OpenSpace {
  readonly reader: SpaceReader;
  readonly writer: SpaceWriter;
}

class FolderStore implements NodeFeatureStore {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #room: CacheRoom;
  readonly #owner = newOwner();
  readonly #ids = new WeakMap<FeatureSpace, Promise<string>>();
  readonly #spaces = new Map<string, OpenSpace>();
  readonly #leases = new Set<AsyncDisposable>();
  readonly #onNewer: (message: string) => void;
  #closing: Promise<void> | undefined;
  #toldOfNewer = false;

  constructor({
    folder,
    archives,
    maxBytes = CACHE_BYTES,
    now = Date.now,
    onLimit,
    onNewer,
  }: FeatureStoreOptions) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#now = now;
    this.#onNewer = onNewer ?? (() => undefined);
    this.#room = new CacheRoom({
      folders: { features: folder, archives },
      ...{ maxBytes, now },
      onLimit: onLimit ?? (() => undefined),
      afterGivingUp: () => this.look(),
    });
  }

  async has(space: FeatureSpace, key: FeatureKey): Promise<boolean> {
    return (await this.hasMany(space, [key]))[0] === true;
  }

  async get(space: FeatureSpace, key: FeatureKey): Promise<Float32Array | undefined> {
    return (await this.getMany(space, [key]))[0];
  }

  async put(space: FeatureSpace, key: FeatureKey, row: Float32Array): Promise<void> {
    checkKey(key);
    const { writer } = await this.#open(space);
    const bytes = encodeRow(space, row);
    await this.#room.fill(recordBytes(bytes.length), () => writer.put(key, bytes));
  }

  async getMany(
    space: FeatureSpace,
    keys: readonly FeatureKey[],
  ): Promise<readonly (Float32Array | undefined)[]> {
    for (const key of keys) checkKey(key);
    const { reader } = await this.#open(space);
    const rows = await this.#read(reader.getMany(keys));
    return rows.map((bytes) => bytes && decodeRow(space, bytes));
  }

  async hasMany(space: FeatureSpace, keys: readonly FeatureKey[]): Promise<readonly boolean[]> {
    for (const key of keys) checkKey(key);
    const { reader } = await this.#open(space);
    return this.#read(reader.hasMany(keys));
  }

  /** Rows that are put together are written together. */
  async putMany(space: FeatureSpace, rows: readonly FeatureRow[]): Promise<void> {
    const ends = await Promise.allSettled(rows.map(({ key, row }) => this.put(space, key, row)));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  async lease(space: FeatureSpace): Promise<AsyncDisposable> {
    this.#checkOpen();
    const id = await this.#idOf(space);
    try {
      const lease = await takeLease(this.#folder, id, this.#now);
      this.#leases.add(lease);
      return lease;
    } catch (error) {
      throw storeError(error, "The feature cache cannot be written to.");
    }
  }

  async forget(hashes: ReadonlySet<string>): Promise<void> {
    this.#checkOpen();
    await forgetFeatures(this.#folder, hashes);
    for (const { reader } of this.#spaces.values()) reader.forget(hashes);
  }

  async look(): Promise<void> {
    for (const { reader, writer } of this.#spaces.values()) {
      await reader.look();
      await writer.look();
    }
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What the system says where the cache cannot be looked into, as an error that a run goes on after. */
  async #read<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw codeOf(error) === "" ? error : readFailure(this.#folder, error);
    }
  }

  async #close(): Promise<void> {
    const spaces = [...this.#spaces.values()].map(async ({ reader, writer }) => {
      try {
        await writer.close();
      } finally {
        await reader.close();
      }
    });
    const ends = await Promise.allSettled(spaces);
    // whatever went wrong, nothing stays held
    ends.push(...(await Promise.allSettled([...this.#leases].map((lease) => lease[Symbol.asyncDispose]()))));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  async #open(space: FeatureSpace): Promise<OpenSpace> {
    this.#checkOpen();
    const id = await this.#idOf(space);
    const open = this.#spaces.get(id) ?? this.#make(id, space);
    this.#spaces.set(id, open);
    return open;
  }

  #idOf(space: FeatureSpace): Promise<string> {
    const known = this.#ids.get(space) ?? featureSpaceId(space);
    this.#ids.set(space, known);
    return known;
  }

  #make(id: string, space: FeatureSpace): OpenSpace {
    const [folder, now] = [this.#folder, this.#now];
    const reader = new SpaceReader(folder, id, now, (path) => this.#tellOfNewer(path));
    const packBytes = Math.floor(this.#maxBytes / PACKS);
    const writer = new SpaceWriter({ folder, id, space, owner: this.#owner, reader, packBytes, now });
    return { reader, writer };
  }

  #tellOfNewer(path: string): void {
    if (this.#toldOfNewer) return;
    this.#toldOfNewer = true;
    this.#onNewer(
      `The cache holds features from a newer graft (${path}). They are left alone; this version computes its own.`,
    );
  }

  #checkOpen(): void {
    if (this.#closing) throw new CoreError("cancelled", { what: "The feature store was closed." });
  }
}

/**
 * Opens the cache of features, and removes what killed processes left in it.
 *
 * Rows lie in packs (pack-node.ts). What a kill at any moment leaves is either whole rows or bytes that are never read
 * and are overwritten by the next process that writes to the space. Several processes may use the folder at once; each
 * writes to packs of its own and sees the others' rows. A read that the system refuses is `unreadable` or `bad-input`.
 * @throws CoreError `bad-input`, `disk-full` when the folder cannot be made.
 */
export async function openFeatureStore(options: FeatureStoreOptions): Promise<NodeFeatureStore> {
  try {
    await makeFolder(options.folder);
    await sweepCache(options.folder, (options.now ?? Date.now)());
    if (options.archives !== undefined) await sweepArchives(options.archives);
  } catch (error) {
    throw storeError(error, `The feature cache ${options.folder} cannot be used.`);
  }
  return new FolderStore(options);
}
