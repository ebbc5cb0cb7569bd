import type { SelectedBackend } from "@graft/backend-select";
import {
  calibrationId,
  type DatasetImage,
  featureSpaceId,
  imageRule,
  imagesOfPart,
  isOfOneFile,
  type Model,
  type PrepareImage,
  type RunEndEvent,
  recipeSpace,
  type TrainEvent,
  type TrainResult,
  type TrunkWeights,
  tapNames,
  train,
} from "@graft/core";
import {
  emojiSample,
  type RunFolder,
  type RunRecordChange,
  verifyModelFolder,
  writeModelFolder,
} from "@graft/core/node";
import { packageVersion } from "../environment/package-version.ts";
import type { TrainReporter } from "../progress/train-reporter.ts";
import type { OpenedDataset, Session } from "../session/session.ts";

/** Images that a written model is tried on before it is called done. */
const VERIFY_IMAGES = 4;

/** A run and all that it needs, opened. */
export interface Training {
  readonly run: RunFolder;
  readonly opened: OpenedDataset;
  readonly weights: TrunkWeights;
  readonly selected: SelectedBackend;
  /** Where the model goes. */
  readonly modelFolder: string;
  /** A model that is there may be replaced. */
  readonly mayReplace: boolean;
  /** What the run's record says of that from now on. */
  readonly change?: Pick<RunRecordChange, "out" | "force">;
}

/**
 * Runs a training to its end or to the session's interrupt: events to the run's log and to the reporter, the model
 * written and verified, the run's record kept true.
 * @throws CoreError `conflict` while another process works on the run; a failure of the training is in the result.
 */
export async function runTraining(
  session: Session,
  training: Training,
  reporter: TrainReporter,
): Promise<TrainResult> {
  const { run, opened, weights, selected } = training;
  const { backend, refusals } = selected;
  const { config } = run.record;
  await using _lock = await run.lock();
  const store = await session.features();
  const calibration =
    config.precision === "int8"
      ? await calibrationId(imagesOfPart(opened.dataset, run.split, "train"))
      : undefined;
  for (const tap of tapNames(config))
    for (const augmentation of config.augment ? [null, config.augment] : [null]) {
      const rule = imageRule(config);
      const space = recipeSpace({
        ...{ config, rule, weights, augmentation, backend, calibration, tap },
        decoder: session.pool.decoder,
      });
      await store.lease(await featureSpaceId(space));
    }
  const logged = await run.readEvents();
  await run.updateRecord({
    ...training.change,
    status: "running",
    backend: { id: backend.id, ...backend.device },
    refusals: [...refusals],
    error: undefined,
  });
  const prepare = session.prepareFrom(opened.source);
  const events = train({
    run: run.id,
    config,
    dataset: opened.dataset,
    split: run.split,
    weights,
    backend,
    prepare,
    decodeAhead: session.decodeAhead,
    store,
    checkpoints: run.checkpoints,
    saveModel: (model) => saveModel(training, model, prepare),
    foreign: emojiSample(session.pool),
    versions: { graft: packageVersion() },
    firstSeq: (logged.at(-1)?.seq ?? -1) + 1,
    signal: session.signal,
  });
  const result = await follow(events, run, reporter);
  // a classic head's are a gigabyte, and nothing goes on from a finished run
  if (result.status === "completed") await run.checkpoints.clear();
  return result;
}

/** Hands each event on, first to the log: what a reader of the stream has seen is never missing there. */
async function follow(
  events: AsyncGenerator<TrainEvent, TrainResult>,
  run: RunFolder,
  reporter: TrainReporter,
): Promise<TrainResult> {
  try {
    for (;;) {
      const next = await events.next();
      if (next.done) return next.value;
      await run.appendEvent(next.value);
      if (next.value.type === "run-end") await run.updateRecord(recordOf(next.value));
      reporter.event(next.value);
    }
  } finally {
    reporter.close();
    // a no-op after its end; after an error of the log it frees what the training holds
    await events.return({ status: "failed", epochs: 0 });
  }
}

function recordOf(end: RunEndEvent): Parameters<RunFolder["updateRecord"]>[0] {
  const { status, metrics, keptEpoch, lastEpoch, epochs, steps, seconds, model, error } = end;
  return { status, metrics, keptEpoch, lastEpoch, epochs, steps, seconds, model, error };
}

async function saveModel(
  { run, opened, selected, modelFolder, mayReplace }: Training,
  model: Model,
  prepare: PrepareImage,
): Promise<string> {
  const folder = await writeModelFolder(model, modelFolder, { force: mayReplace });
  const held = imagesOfPart(opened.dataset, run.split, "validation");
  const images = await someImages(held, model, prepare);
  await verifyModelFolder(folder, model, { backend: selected.backend, images });
  return folder;
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
