import {
  CoreError,
  describeFeatures,
  type FeatureSpace,
  type FeatureStore,
  type FeatureTable,
  featureSpaceId,
  featuresDescriptionText,
  npyBytes,
  npyPieces,
  type SearchResult,
  sha256,
} from "@graft/core";
import type { OpenedPicture } from "../datasets/image-service.ts";
import type { Access } from "../identity/access.ts";
import type { Caller } from "../identity/identity.ts";
import type { KeptFeatures } from "../ports/ports.ts";
import type { Frozen } from "../runs/frozen.ts";
import type { FrozenStore } from "../runs/frozen-store.ts";

export interface SearchFeaturesParts {
  readonly access: Access;
  readonly frozen: Pick<FrozenStore, "read">;
  readonly features: KeptFeatures | undefined;
}

/** Numbers for sending on: until it is disposed of, none of them is given up. */
export interface OpenedTable extends OpenedPicture, AsyncDisposable {}

type Found = Extract<SearchResult, { kind: "features" }>["features"];

/** Keys that a store is asked for together. */
const KEYS_AT_ONCE = 1000;

/** Pictures may be deleted, and a cache gives up what was not used for long. */
const gone = (missing: number, of: number): CoreError =>
  new CoreError("conflict", {
    what: "Some of these features are no longer kept.",
    received: `${missing} of ${of} rows are missing`,
    fix: "Compute them again.",
  });

const keyOf = (hash: string) => ({ hash, variant: 0 });

/** Rows of a store in the order of some pictures; nothing of them is in memory. */
class StoredRows implements FeatureTable {
  readonly numRows: number;
  readonly rowShape: readonly number[];
  readonly #store: FeatureStore;
  readonly #space: FeatureSpace;
  readonly #hashes: readonly string[];

  constructor(store: FeatureStore, { space, rowShape }: Found, hashes: readonly string[]) {
    this.numRows = hashes.length;
    this.rowShape = rowShape;
    this.#store = store;
    this.#space = space;
    this.#hashes = hashes;
  }

  /** @throws CoreError `conflict` where a row is missing. */
  async check(): Promise<void> {
    let missing = 0;
    for (let at = 0; at < this.numRows; at += KEYS_AT_ONCE) {
      const keys = this.#hashes.slice(at, at + KEYS_AT_ONCE).map(keyOf);
      missing += (await this.#store.hasMany(this.#space, keys)).filter((isThere) => !isThere).length;
    }
    if (missing > 0) throw gone(missing, this.numRows);
  }

  async read(positions: readonly number[], out: Float32Array): Promise<void> {
    const keys = positions.map((position) => keyOf(this.#hashes[position] ?? ""));
    const rows = await this.#store.getMany(this.#space, keys);
    const length = out.length / positions.length;
    for (const [i, row] of rows.entries()) {
      if (row?.length !== length) throw gone(1, this.numRows);
      out.set(row, i * length);
    }
  }
}

/** Features that a search has computed, for who takes them along: numbers, and what each row of them is of. */
export class SearchFeatures {
  readonly #parts: SearchFeaturesParts;

  constructor(parts: SearchFeaturesParts) {
    this.#parts = parts;
  }

  /**
   * Float32 .npy [pictures, …row], read from the cache as it is sent.
   * @throws CoreError `not-found`; `conflict` for a search that computed none, and for rows that were given up meanwhile;
   * `unsupported` on a host that keeps none.
   */
  async openTable(caller: Caller, search: string): Promise<OpenedTable> {
    const { found, frozen, hash } = await this.#found(caller, search);
    const { features } = this.#parts;
    if (!features) throw new CoreError("unsupported", { what: "This host keeps no features." });
    const store = await features.open();
    const hashes = frozen.dataset.images.map((image) => image.hash);
    const table = new StoredRows(store, found, hashes);
    const lease = await store.lease(found.space);
    try {
      await table.check();
    } catch (error) {
      await lease[Symbol.asyncDispose]();
      throw error;
    }
    // a row's bits follow from its space and its picture, and the frozen set never changes
    const tag = new TextEncoder().encode(`${await featureSpaceId(found.space)} ${hash}`);
    return {
      ...{ hash: await sha256(tag), bytes: npyBytes(table), mediaType: "application/octet-stream" },
      name: "features.npy",
      stream: async (range) => npyPieces(table, range),
      [Symbol.asyncDispose]: () => lease[Symbol.asyncDispose](),
    };
  }

  /** What the rows are of: JSON. @throws CoreError `not-found`; `conflict` for a search that computed no features. */
  async openDescription(caller: Caller, search: string): Promise<OpenedPicture> {
    const { found, frozen } = await this.#found(caller, search);
    const { labels, images } = frozen.dataset;
    const text = featuresDescriptionText(describeFeatures({ ...found, labels, images }));
    const bytes = new TextEncoder().encode(text);
    return {
      ...{ hash: await sha256(bytes), bytes: bytes.length, mediaType: "application/json" },
      name: "features.json",
      stream: async ({ start, length } = { start: 0, length: bytes.length }) =>
        once(bytes.subarray(start, start + length)),
    };
  }

  /** @param hash of the frozen set. */
  async #found(
    caller: Caller,
    id: string,
  ): Promise<{ readonly found: Found; readonly frozen: Frozen; readonly hash: string }> {
    const { access, frozen } = this.#parts;
    const { kind, state, result, frozen: hash } = await access.search(caller, id);
    if (result?.kind === "features") return { found: result.features, frozen: await frozen.read(hash), hash };
    throw new CoreError("conflict", {
      what: "This search has computed no features.",
      received: kind === "features" ? state : kind,
      expected: "features that are completed",
    });
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
