import { roundToFloat16 } from "../numbers/float16.ts";
import { featureSpaceId } from "./space.ts";
import type { FeatureKey, FeatureSpace, FeatureStore } from "./types.ts";

const keyText = ({ hash, variant }: FeatureKey): string => `${hash}:${variant}`;

/** Features in memory, for a worker or a page that has no folder. */
export interface MemoryFeatureStore extends FeatureStore {
  /** Bytes of the rows that are held. */
  readonly bytes: number;
}

/**
 * Keeps rows as they would be read from a disk (float16 rounds them). Rows beyond the limit are not kept; leases hold nothing,
 * as nothing is given up.
 * @param options.maxBytes @default no limit
 */
export function createMemoryFeatureStore(options: { readonly maxBytes?: number } = {}): MemoryFeatureStore {
  const { maxBytes = Number.POSITIVE_INFINITY } = options;
  const spaces = new Map<string, Map<string, Float32Array>>();
  const ids = new WeakMap<FeatureSpace, Promise<string>>();
  let bytes = 0;
  const rowsOf = async (space: FeatureSpace): Promise<Map<string, Float32Array>> => {
    const known = ids.get(space) ?? featureSpaceId(space);
    ids.set(space, known);
    const id = await known;
    const rows = spaces.get(id) ?? new Map<string, Float32Array>();
    spaces.set(id, rows);
    return rows;
  };
  return {
    get bytes() {
      return bytes;
    },
    async getMany(space, keys) {
      const rows = await rowsOf(space);
      return keys.map((key) => rows.get(keyText(key))?.slice());
    },
    async hasMany(space, keys) {
      const rows = await rowsOf(space);
      return keys.map((key) => rows.has(keyText(key)));
    },
    async putMany(space, given) {
      const rows = await rowsOf(space);
      for (const { key, row } of given) {
        const before = rows.get(keyText(key))?.byteLength ?? 0;
        if (bytes - before + row.byteLength > maxBytes) continue;
        const kept = row.slice();
        if (space.cacheType === "float16") roundToFloat16(kept);
        rows.set(keyText(key), kept);
        bytes += kept.byteLength - before;
      }
    },
    lease: async () => ({ [Symbol.asyncDispose]: async () => undefined }),
  };
}
