import { untilCancelled } from "../concurrency/until-cancelled.ts";
import type { DatasetImage } from "../dataset/types.ts";
import type { CoreError } from "../errors.ts";
import { createEventMaker } from "../events/event-maker.ts";
import { likenessTaps } from "../features/recipe-space.ts";
import type { ShardBoard } from "../features/shard.ts";
import { FeatureSource, type LostList, type SourceOptions } from "./feature-source.ts";
import { shardRows } from "./shard-rows.ts";

export interface HelpOptions {
  readonly board: Pick<ShardBoard, "next">;
  /** Whether the run learns a likeness. */
  readonly learnsLikeness: boolean;
  /** Milliseconds of a clock that never goes back. */
  readonly clock: () => number;
}

/** Of all that were tried; beyond it is this worker that is in trouble, not the images. */
const MOST_LOST = 0.02;
/** That many may be lost however few were tried. */
const FEW = 8;

/** Images that cannot be read are passed over: the run's own worker finds that out for itself, and says it. */
class PassedOver implements LostList {
  readonly #lost = new Set<DatasetImage>();
  #tried = 0;

  tries(images: readonly DatasetImage[]): void {
    this.#tried += images.length;
  }

  has(image: DatasetImage): boolean {
    return this.#lost.has(image);
  }

  /** @throws the error of one too many. */
  add(image: DatasetImage, error: CoreError): void {
    this.#lost.add(image);
    if (this.#lost.size > Math.max(FEW, MOST_LOST * this.#tried)) throw error;
  }

  refusal = async (error: unknown): Promise<unknown> => error;
  notice = (): undefined => undefined;
}

/**
 * Computes shards of a run that another worker trains, one by one, until none waits.
 * @throws CoreError as `FeatureSource.rows`; `cancelled`; what keeps more images from being read than a few.
 */
export async function computeShards(
  options: SourceOptions,
  { board, learnsLikeness, clock }: HelpOptions,
): Promise<void> {
  const { config, signal } = options;
  // what is told of the run is told by its own worker
  const events = createEventMaker({ run: "", firstSeq: 0, now: clock });
  const lost = new PassedOver();
  const source = new FeatureSource(options, { events, clock, lost });
  const taps = learnsLikeness ? likenessTaps(config) : [];
  try {
    for (;;) {
      const { shard, images, sampled = [] } = await untilCancelled(board.next(), signal);
      if (!shard) return;
      if (!images) throw new TypeError("a helper's shard comes with its images");
      lost.tries(images);
      const sample = sampled.flatMap((at) => images[at] ?? []);
      const likeness = { taps, imagesOf: () => sample };
      const told = shardRows({ options, source, likeness }, shard, { images });
      for (let next = await told.next(); !next.done; ) next = await told.next();
    }
  } finally {
    await source.dispose();
  }
}
