import { untilCancelled } from "../concurrency/until-cancelled.ts";
import type { TrainEvent } from "../events/events.ts";
import type { Shard } from "../features/shard.ts";
import type { PhaseProgress } from "./feature-source.ts";
import { lackingImages, planShards } from "./plan-shards.ts";
import { createRate } from "./rate.ts";
import type { RunContext } from "./run-context.ts";
import { imagesOfShard, shardRows } from "./shard-rows.ts";

/**
 * Has others compute some of a run's features, where there are any who could: what is missing is offered in shards, of which this
 * worker pulls its own, one by one. Nothing depends on it: what is in the store afterwards is read there, and the rest is computed
 * as if nobody had helped, so that a run has the same numbers whatever helpers do.
 *
 * Behind an int8 trunk nobody helps: each would calibrate it first.
 * @param request.taps what the training needs of the trunk. @throws CoreError as `FeatureSource.rows`; `cancelled`.
 */
export async function* shareFeatures(
  context: RunContext,
  request: { readonly taps: Shard["taps"]; readonly phase: PhaseProgress },
): AsyncGenerator<TrainEvent, void> {
  const { options, events, clock } = context;
  const { shards: board, config, backend, signal } = options;
  if (!board || config.precision === "int8") return;
  const helpers = await board.helpers(backend.id);
  if (helpers === 0) return;
  const { taps, phase } = request;
  const plan = await planShards(context, { taps, helpers });
  if (!plan) return;
  const { shards, storedRows, missingRows, storedOf } = plan;
  await board.offer(backend.id, shards);
  const rateOf = createRate(clock);
  for (;;) {
    const { shard, open } = await untilCancelled(board.next(), signal);
    const ended = Math.max(0, shards.length - open) / shards.length;
    const done = storedRows + Math.floor(missingRows * ended);
    if (done > phase.told) {
      phase.told = done;
      const rate = rateOf(done);
      const facts = { phase: "features", done, total: phase.total, unit: "images" } as const;
      yield events.make({ type: "progress", ...facts, ...(rate === undefined ? {} : { rate }) });
    }
    if (shard) {
      const images = imagesOfShard(context.images, shard);
      const progress = { before: phase.told - storedOf(shard), phase };
      yield* shardRows(context, shard, { images, progress });
      if (await isKept(context, shard)) continue;
      // a store without room: whatever others compute would be computed again
      await board.offer(backend.id, []);
      return;
    }
    if (open === 0) return;
  }
}

/** Whether the store has any of a shard that was just computed. */
async function isKept(context: RunContext, shard: Shard): Promise<boolean> {
  const images = imagesOfShard(context.images, shard);
  const lacking = await lackingImages(context, shard, images);
  return images.some(({ hash }) => !lacking.has(hash));
}
