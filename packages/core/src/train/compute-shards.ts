import { untilCancelled } from "../concurrency/until-cancelled.ts";
import type { DatasetImage } from "../dataset/types.ts";
import { createEventMaker } from "../events/event-maker.ts";
import { likenessTaps } from "../features/recipe-space.ts";
import type { NextShard } from "../features/shard.ts";
import { FeatureSource, type LostList, type SourceOptions } from "./feature-source.ts";
import { shardRows } from "./shard-rows.ts";

export interface HelpOptions {
  /** The next shard that a helper may compute, once the one before is done. */
  readonly next: () => Promise<NextShard>;
  /** Whether the run learns a likeness. */
  readonly learnsLikeness: boolean;
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
}

/** Images that cannot be read are passed over: the run's own worker finds that out for itself, and says it. */
function passedOver(): LostList {
  const lost = new Set<DatasetImage>();
  return {
    has: (image) => lost.has(image),
    add: (image) => void lost.add(image),
    refusal: async (error) => error,
    notice: () => undefined,
  };
}

/**
 * Computes shards of a run that another worker trains, one by one, until none waits.
 * @throws CoreError as `FeatureSource.rows`; `cancelled`.
 */
export async function computeShards(
  options: SourceOptions,
  { next: nextShard, learnsLikeness, clock }: HelpOptions,
): Promise<void> {
  const { config, signal } = options;
  // what is told of the run is told by its own worker
  const events = createEventMaker({ run: "", firstSeq: 0, now: clock });
  const source = new FeatureSource(options, { events, clock, lost: passedOver() });
  const taps = learnsLikeness ? likenessTaps(config) : [];
  try {
    for (;;) {
      const { shard, images = [], sampled = [] } = await untilCancelled(nextShard(), signal);
      if (!shard) return;
      const sample = sampled.flatMap((at) => images[at] ?? []);
      const likeness = { taps, imagesOf: () => sample };
      const told = shardRows({ options, source, likeness }, shard, { images });
      for (let next = await told.next(); !next.done; ) next = await told.next();
    }
  } finally {
    await source.dispose();
  }
}
