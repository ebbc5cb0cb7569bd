import type { TrainConfig } from "../config/config.ts";
import type { DatasetImage } from "../dataset/types.ts";
import type { TrainEvent } from "../events/events.ts";
import type { Shard } from "../features/shard.ts";
import type { FeatureRequest, FeatureSource } from "./feature-source.ts";
import type { LikenessSample } from "./likeness-sample.ts";
import { cachedVariants, variantOfEpoch } from "./variants.ts";

/** What a run's shards are computed with. */
export interface ShardContext {
  readonly options: { readonly config: TrainConfig };
  readonly source: FeatureSource;
  readonly likeness: Pick<LikenessSample, "taps" | "imagesOf">;
}

/**
 * What is computed of some images of a side: what the training asks for, and the likeness's sample before it, so that no image
 * goes through the trunk twice. None for copies that each epoch makes for itself.
 */
export function shardRequests(
  { options: { config }, likeness }: Pick<ShardContext, "options" | "likeness">,
  { part, taps }: Pick<Shard, "part" | "taps">,
  images: readonly DatasetImage[],
): readonly FeatureRequest[] {
  const isTraining = part === "train";
  const copies = isTraining ? cachedVariants(config) : [0];
  if (copies === undefined) return [];
  const sampled = new Set(likeness.imagesOf(part));
  const compiled = [...new Set([...taps, ...likeness.taps])];
  const shared = {
    ...{ compiled, stored: true, augmentation: isTraining ? config.augment : null },
    // whoever needs the rows reads them from the store
    memoryBytes: 0,
  };
  const sample = images.filter((image) => sampled.has(image));
  const seen = isTraining ? [variantOfEpoch(config, 1)] : copies;
  return [
    ...(sample.length > 0 ? [{ ...shared, taps: compiled, images: sample, variants: seen }] : []),
    { ...shared, taps, images, variants: copies },
  ];
}

/** The images of a shard. @param images of each side, in the split's order. */
export const imagesOfShard = (
  images: Readonly<Record<Shard["part"], readonly DatasetImage[]>>,
  { part, from, to }: Shard,
): readonly DatasetImage[] => images[part].slice(from, to);

/**
 * Computes what the store lacks of a shard.
 * @param options.images the shard's.
 * @param options.progress of what the training asks for. @default nothing is told
 * @throws CoreError as `FeatureSource.rows`.
 */
export async function* shardRows(
  context: ShardContext,
  shard: Pick<Shard, "part" | "taps">,
  {
    images,
    progress,
  }: { readonly images: readonly DatasetImage[]; readonly progress?: FeatureRequest["progress"] },
): AsyncGenerator<TrainEvent, void> {
  const requests = shardRequests(context, shard, images);
  for (const request of requests)
    yield* context.source.rows(request === requests.at(-1) ? { ...request, progress } : request);
}
