import { imagesOfPart } from "../dataset/images-of-part.ts";
import type { PrepareImage } from "../dataset/prepare-image.ts";
import type { DatasetImage } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";
import { createEventMaker } from "../events/event-maker.ts";
import type { TrainEvent } from "../events/events.ts";
import { recipeSpace, tapNames } from "../features/recipe-space.ts";
import type { FeatureStore } from "../features/types.ts";
import { isOfOneFile } from "../files/one-file-error.ts";
import type { Model } from "../model/types.ts";
import { calibrationId } from "../quantize/calibration-images.ts";
import { recordOfEnd } from "../runs/run-record.ts";
import { imageRule } from "../train/feature-source.ts";
import { train } from "../train/train.ts";
import type { TrainOptions, TrainResult } from "../train/types.ts";
import { earlyEnd } from "./early-end.ts";
import { saveAnswers } from "./save-answers.ts";
import type { Training } from "./training.ts";
import type { Workspace } from "./workspace.ts";

/** Images that a written model is tried on before it is called done. */
const VERIFY_IMAGES = 4;

/** Nothing that the training will read or write is given up while it goes on. @returns the leases. */
async function leaseSpaces(
  store: FeatureStore,
  { run, opened, weights, selected }: Training,
): Promise<readonly AsyncDisposable[]> {
  const leases: AsyncDisposable[] = [];
  const { config } = run.record;
  const { backend } = selected;
  const calibration =
    config.precision === "int8"
      ? await calibrationId(imagesOfPart(opened.dataset, run.split, "train"))
      : undefined;
  for (const tap of tapNames(config))
    for (const augmentation of config.augment ? [null, config.augment] : [null]) {
      const rule = imageRule(config);
      const space = recipeSpace({
        ...{ config, rule, weights, augmentation, backend, calibration, tap },
        decoder: opened.prepare.decoder,
      });
      leases.push(await store.lease(space));
    }
  return leases;
}

/**
 * Runs a training to its end, or until the workspace's signal: each event is in the run's log before it is yielded, the run's
 * record is kept true, the model is saved and read again.
 * @param options.early events that were told before there was a run: they are first in its log.
 * @throws CoreError `conflict` while somebody else works on the run; a failure of the training is in the result.
 */
export async function* runTraining(
  workspace: Workspace,
  training: Training,
  {
    early = [],
    checkpointsAsked,
  }: Pick<TrainOptions, "checkpointsAsked"> & { readonly early?: readonly TrainEvent[] } = {},
): AsyncGenerator<TrainEvent, TrainResult> {
  const { run, opened, weights, selected } = training;
  const { backend, refusals } = selected;
  const { config } = run.record;
  await using _lock = await run.lock();
  for (const event of early) await run.appendEvent(event);
  const logged = await run.readEvents();
  const firstSeq = (logged.at(-1)?.seq ?? -1) + 1;
  const { foreign, shards, versions, decodeAhead, signal, now, clock, checkpointMs, eventIntervalMs } =
    workspace;
  const startedAt = clock();
  let store: FeatureStore;
  let leases: readonly AsyncDisposable[];
  try {
    await run.updateRecord({
      ...training.change,
      status: "running",
      backend: { id: backend.id, ...backend.device },
      refusals: [...refusals],
      error: undefined,
    });
    store = await workspace.features();
    leases = await leaseSpaces(store, training);
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    // who reads the log or the record later must hear of it too
    const events = createEventMaker({ run: run.id, firstSeq, now });
    const { end, event } = earlyEnd(error, workspace, { events, startedAt, backend: backend.id });
    await run.appendEvent(event);
    await run.updateRecord(recordOfEnd(event));
    yield event;
    return end;
  }
  const { prepare } = opened;
  const events = train({
    ...{ run: run.id, config, dataset: opened.dataset, split: run.split, weights, backend, prepare, store },
    ...{ decodeAhead, versions, signal, now, clock, checkpoints: run.checkpoints },
    saveModel: (model) => saveModel(workspace, training, model),
    ...(foreign ? { foreign } : {}),
    ...(shards ? { shards } : {}),
    ...(checkpointMs === undefined ? {} : { checkpointMs }),
    ...(eventIntervalMs === undefined ? {} : { eventIntervalMs }),
    ...{ checkpointsAsked, firstSeq },
  });
  try {
    let next = await events.next();
    for (; !next.done; next = await events.next()) {
      await run.appendEvent(next.value);
      if (next.value.type === "run-end") await run.updateRecord(recordOfEnd(next.value));
      yield next.value;
    }
    // a classic head's are a gigabyte, and nothing goes on from a run that is finished or was given up
    if (["completed", "cancelled"].includes(next.value.status)) await run.checkpoints.clear();
    return next.value;
  } finally {
    // a no-op after its end; after an error of the log, or a caller that left, it frees what the training holds
    await events.return({ status: "failed", epochs: 0 });
    for (const lease of leases) await lease[Symbol.asyncDispose]();
  }
}

async function saveModel(workspace: Workspace, training: Training, model: Model): Promise<string> {
  const { run, opened, selected, out, mayReplace } = training;
  const held = imagesOfPart(opened.dataset, run.split, "validation");
  const images = await someImages(held, model, opened.prepare);
  const trial = { backend: selected.backend, images };
  const where = await workspace.saveModel(model, { run, out, mayReplace, trial });
  await saveAnswers(workspace, training, model);
  return where;
}

/** A few images that can be read; one that cannot says nothing of the model. */
async function someImages(
  images: readonly DatasetImage[],
  { manifest }: Model,
  prepare: PrepareImage,
): Promise<Uint8Array[]> {
  const prepared = images.slice(0, VERIFY_IMAGES).map(async (image) => {
    try {
      return await prepare(image, manifest.rule, null, [0]);
    } catch (error) {
      if (isOfOneFile(error)) return [];
      throw error;
    }
  });
  return (await Promise.all(prepared)).flat();
}
