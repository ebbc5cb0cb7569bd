import { untilCancelled } from "../concurrency/until-cancelled.ts";
import { imagesOfPart } from "../dataset/images-of-part.ts";
import { createEventMaker } from "../events/event-maker.ts";
import type { ShardBoard } from "../features/shard.ts";
import { FeatureSource, type SourceOptions } from "./feature-source.ts";
import { LikenessSample } from "./likeness-sample.ts";
import { shardRows } from "./shard-rows.ts";
import type { TrainOptions } from "./types.ts";

/**
 * Computes shards of a run that another worker trains, one by one, until none waits. Images that cannot be read are passed over:
 * the run's worker finds that out for itself, and says it.
 * @throws CoreError as `FeatureSource.rows`; `cancelled`.
 */
export async function computeShards(
  options: SourceOptions & Pick<TrainOptions, "split">,
  { board, clock }: { readonly board: ShardBoard; readonly clock: () => number },
): Promise<void> {
  const { dataset, split, signal } = options;
  const images = {
    train: imagesOfPart(dataset, split, "train"),
    validation: imagesOfPart(dataset, split, "validation"),
    test: [],
  };
  // what is told of the run is told by its own worker
  const events = createEventMaker({ run: "", firstSeq: 0, now: clock });
  const source = new FeatureSource(options, { events, clock, images });
  const likeness = new LikenessSample({ options, images, source, events, clock });
  try {
    for (;;) {
      const { shard } = await untilCancelled(board.next(), signal);
      if (!shard) return;
      const told = shardRows({ options, images, source, likeness }, shard);
      for (let next = await told.next(); !next.done; ) next = await told.next();
    }
  } finally {
    await source.dispose();
  }
}
