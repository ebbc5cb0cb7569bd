import { type Backend, extractFeatures, featureSpace, type TrunkWeights } from "@graft/core";
import { fineTuneRate, headStepMs } from "../../bench/head-speed.ts";
import { int8Bench, int8Rows } from "../../bench/int8-bench.ts";
import { SPEED_CASE, speedGraph, trunkSpeeds } from "../../bench/trunk-speed.ts";
import { print, printJson } from "../../output/stdout.ts";
import { table } from "../../output/text.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";

/** Enough for a steady rate, few enough for some seconds. */
const MOST_PHOTOS = 576;
const PHOTO_RUNS = 3;
const TRUNK_RUNS = [
  { batch: 32, runs: 12 },
  { batch: 1, runs: 200 },
] as const;
/** The recipes' default. */
const EPOCHS = 20;
const GAP_BATCH = 32;

/** `graft bench [DATASET]`: the speeds that a training is made of, and what computing features once is worth. */
export async function bench(context: CommandContext, flags: Flags, dataset: string): Promise<void> {
  await using session = new Session(context);
  const { backend } = await session.backend(flags.backend);
  const weights = await session.weights("bundled", undefined);
  session.status("Timing the trunk …");
  const [batch32 = 0, batch1 = 0] = await trunkSpeeds(backend, speedGraph(weights), TRUNK_RUNS);
  const int8 = backend.limits.int8
    ? await int8Bench(session, { backend, weights, dataset, runs: TRUNK_RUNS })
    : undefined;
  session.status("Timing features from photos …");
  const photos = await photoSpeed(session, backend, weights, dataset);
  session.status("Timing training steps …");
  const gapStepMs = await headStepMs(backend, "gap", 200);
  const classicStepMs = await headStepMs(backend, "classic", 12);
  const fineTune = await fineTuneRate(backend, weights, 12);
  session.status("");
  // seconds an image: through the trunk in every epoch, or once and then from the cache
  const [trunk, head] = [1 / photos, gapStepMs / 1000 / GAP_BATCH];
  const timesFaster = (EPOCHS * (trunk + head)) / (trunk + EPOCHS * head);
  const { processor, threads } = await session.workspace.machine();
  const figures = {
    trunkBatch32ImagesPerSecond: batch32,
    trunkBatch1ImagesPerSecond: batch1,
    ...int8?.figures,
    featuresFromPhotosPerSecond: photos,
    gapStepMs,
    classicStepMs,
    fineTuneImagesPerSecond: fineTune,
    timesFasterByCache: timesFaster,
  };
  if (context.json) {
    printJson({ backend: backend.id, device: backend.device, processor, threads, dataset, ...figures });
    return;
  }
  print(`${backend.id} on ${backend.device.name}; 150 × 150 pixels to mixed7, fastest of several runs\n`);
  print(
    table([
      ["what", "speed"],
      ["trunk, batch 32", `${batch32.toFixed(0)} images/s`],
      ["trunk, batch 1", `${batch1.toFixed(0)} images/s`],
      ...(int8 ? int8Rows(int8, { batch32, batch1 }) : []),
      [`features from the files of ${dataset}`, `${photos.toFixed(0)} images/s`],
      ["training step, gap (batch 32)", `${gapStepMs.toFixed(2)} ms`],
      ["training step, classic (batch 20)", `${classicStepMs.toFixed(1)} ms`],
      ["fine-tuning mixed6 and mixed7 (batch 20)", `${fineTune.toFixed(0)} images/s`],
    ]),
  );
  print(
    `\n${EPOCHS} epochs with features computed once: ${timesFaster.toFixed(1)} × faster than running the trunk in every epoch (gap).`,
  );
}

/** Images a second from files to features, decoding beside the trunk, nothing from a cache. */
async function photoSpeed(
  session: Session,
  backend: Backend,
  weights: TrunkWeights,
  name: string,
): Promise<number> {
  const { dataset, prepare } = await session.dataset(name);
  const batch = backend.limits.preferredBatch;
  const most = Math.min(MOST_PHOTOS, dataset.images.length);
  // whole batches: the last one is padded, which is no work that a photo causes
  const images = dataset.images.slice(0, Math.max(Math.floor(most / batch) * batch, Math.min(most, batch)));
  const rule = { version: 1, size: SPEED_CASE.size, fit: "stretch", resize: "bilinear" } as const;
  const { cut, pool } = SPEED_CASE;
  const graph = speedGraph(weights);
  let fastestMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < PHOTO_RUNS; run++) {
    // compiled before the clock starts; extractFeatures disposes of it
    const program = await backend.compile(graph);
    const start = performance.now();
    await extractFeatures({
      images,
      variants: [0],
      space: featureSpace({
        ...{ rule, weights, cut, pool, augmentation: null, cacheType: "float32", backend },
        decoder: prepare.decoder,
      }),
      rowShape: [768],
      store: null,
      prepare,
      decodeAhead: session.decodeAhead,
      openProgram: async () => program,
      batch,
      signal: session.signal,
    });
    fastestMs = Math.min(fastestMs, performance.now() - start);
  }
  return (1000 * images.length) / fastestMs;
}
