import type { DatasetImage } from "../dataset/types.ts";
import { throwIfCancelled } from "../errors.ts";
import type { Shard } from "../features/shard.ts";
import type { FeatureStore } from "../features/types.ts";
import { type ShardContext, shardRequests } from "./shard-rows.ts";
import { cachedVariants } from "./variants.ts";

/** Fewer missing images are done before helpers have opened the run. */
const FEWEST_MISSING = 128;
/** Images of a shard: a small one costs more questions, with a large one the last worker is waited for longer. */
const [SMALLEST, LARGEST] = [64, 256];
/** Shards that each worker is to get, so that fast ones take more. */
const EACH = 32;
/** Keys that the store is asked for at a time. */
const KEYS_AT_ONCE = 4096;

export interface ShardPlan {
  readonly shards: readonly Shard[];
  /** Rows (image × copy) of images that lack nothing, and of those that do. */
  readonly storedRows: number;
  readonly missingRows: number;
  /** Rows of a shard that its images have already. */
  readonly storedOf: (shard: Shard) => number;
}

/** What is missing of one side. */
interface PartPlan {
  readonly part: Shard["part"];
  readonly isMissing: readonly boolean[];
  readonly missing: number;
  /** Of each image. */
  readonly rows: number;
}

interface Lookup extends ShardContext {
  readonly images: Readonly<Record<Shard["part"], readonly DatasetImage[]>>;
  readonly options: ShardContext["options"] & {
    readonly store: FeatureStore;
    readonly signal?: AbortSignal;
  };
}

/** Hashes of images of which the store lacks a row. */
export async function lackingImages(
  context: Omit<Lookup, "images">,
  of: Pick<Shard, "part" | "taps">,
  images: readonly DatasetImage[],
): Promise<ReadonlySet<string>> {
  const { source, options } = context;
  const lacking = new Set<string>();
  for (const { taps, augmentation, variants, images: some } of shardRequests(context, of, images))
    for (const tap of taps) {
      const space = source.space(tap, augmentation);
      const keys = some.flatMap(({ hash }) => variants.map((variant) => ({ hash, variant })));
      for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
        throwIfCancelled(options.signal);
        const asked = keys.slice(at, at + KEYS_AT_ONCE);
        const found = await options.store.hasMany(space, asked);
        for (const [i, { hash }] of asked.entries()) if (!found[i]) lacking.add(hash);
      }
    }
  return lacking;
}

/** Stretches of a side's images with `size` missing ones each. */
function cutShards(isMissing: readonly boolean[], size: number, of: Pick<Shard, "part" | "taps">): Shard[] {
  const shards: Shard[] = [];
  let [from, missing] = [0, 0];
  for (const [at, lacks] of isMissing.entries()) {
    if (lacks) missing++;
    const isLast = at === isMissing.length - 1;
    if (missing < size && !isLast) continue;
    if (missing > 0) shards.push({ ...of, from, to: at + 1 });
    [from, missing] = [at + 1, 0];
  }
  return shards;
}

/**
 * Divides what the store lacks of a run's features.
 * @returns undefined where that is too little to be shared. @throws CoreError as the store; `cancelled`.
 */
export async function planShards(
  context: Lookup,
  { taps, helpers }: Pick<Shard, "taps"> & { readonly helpers: number },
): Promise<ShardPlan | undefined> {
  const copies = cachedVariants(context.options.config)?.length ?? 0;
  const parts: PartPlan[] = [];
  for (const part of ["train", "validation"] as const) {
    const images = context.images[part];
    const lacking = await lackingImages(context, { part, taps }, images);
    const isMissing = images.map(({ hash }) => lacking.has(hash));
    const missing = isMissing.filter((lacks) => lacks).length;
    const rows = part === "train" ? copies : 1;
    parts.push({ part, isMissing, missing, rows });
  }
  const missing = parts.reduce((sum, part) => sum + part.missing, 0);
  if (missing < FEWEST_MISSING) return undefined;
  const size = Math.min(LARGEST, Math.max(SMALLEST, Math.ceil(missing / ((helpers + 1) * EACH))));
  const rowsOf = (count: (part: PartPlan) => number): number =>
    parts.reduce((sum, part) => sum + part.rows * count(part), 0);
  return {
    shards: parts.flatMap(({ part, isMissing }) => cutShards(isMissing, size, { part, taps })),
    storedRows: rowsOf(({ isMissing, missing: lacking }) => isMissing.length - lacking),
    missingRows: rowsOf(({ missing: lacking }) => lacking),
    storedOf: ({ part, from, to }) => {
      const { isMissing = [], rows = 0 } = parts.find((one) => one.part === part) ?? {};
      return rows * isMissing.slice(from, to).filter((lacks) => !lacks).length;
    },
  };
}
