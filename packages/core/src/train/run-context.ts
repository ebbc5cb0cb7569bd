import { classesHash } from "../checkpoint/classes-hash.ts";
import { checkHashes, checkpointBackend, hashConfig } from "../checkpoint/hashes.ts";
import { type CheckpointPace, createCheckpointPace } from "../checkpoint/pace.ts";
import { type CheckpointSaver, createCheckpointSaver } from "../checkpoint/saver.ts";
import type { Checkpoint, PhaseStart, RunHashes } from "../checkpoint/types.ts";
import { imagesOfPart } from "../dataset/images-of-part.ts";
import { LostImages } from "../dataset/lost-images.ts";
import { splitHash } from "../dataset/split.ts";
import type { DatasetImage, Part } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";
import type { EventMaker } from "../events/event-maker.ts";
import { featureSpaceId } from "../features/space.ts";
import { headSpec } from "../head/spec.ts";
import type { HeadSpec } from "../head/types.ts";
import { calibrationId } from "../quantize/calibration-images.ts";
import { checkInt8Engine } from "../quantize/compile-int8.ts";
import { FeatureSource, type TrunkCalibration } from "./feature-source.ts";
import { LikenessSample } from "./likeness-sample.ts";
import { progressOf, type RunProgress } from "./run-progress.ts";
import type { TrainOptions } from "./types.ts";

/** What the phases of one run share. */
export interface RunContext {
  readonly options: TrainOptions;
  readonly events: EventMaker;
  /** When: milliseconds since 1970. */
  readonly now: () => number;
  /** How long: milliseconds of a clock that never goes back. */
  readonly clock: () => number;
  readonly spec: HeadSpec;
  readonly images: Readonly<Record<Part, readonly DatasetImage[]>>;
  readonly source: FeatureSource;
  /** What the model will know pictures of something else by. */
  readonly likeness: LikenessSample;
  readonly hashes: RunHashes;
  readonly backend: Checkpoint["backend"];
  /** Where the run goes on from. */
  readonly resumed: Pick<Checkpoint, "epoch" | "seconds" | "backend"> | undefined;
  /** A phase's weights and slots to go on from, given once: the classic head's are 308 MB, which nobody is to hold. */
  readonly takeParameters: (phase: PhaseStart["name"]) => Checkpoint["parameters"] | undefined;
  readonly progress: RunProgress;
  readonly saver: CheckpointSaver;
  /** Goes on through the phases: work of the head that is not on disk counts while the tail is trained. */
  readonly pace: CheckpointPace;
  /** Why the newest checkpoint was not the one to go on from. */
  readonly fallbacks: readonly string[];
}

/** The hashes that a resumed run must find again. The engine is no part of them: a run may go on with another. */
async function runHashes(options: TrainOptions, source: FeatureSource): Promise<RunHashes> {
  const { config, dataset, split, weights } = options;
  const space = source.space("features", config.augment);
  return {
    config: await hashConfig(config),
    split: await splitHash(split),
    classes: await classesHash(dataset, split),
    weights: weights.sha256,
    features: await featureSpaceId({ ...space, backend: "", engineVersion: "" }),
  };
}

/** Gives a checkpoint's numbers at the first call, to the phase that they are of, and lets go of them. */
function parametersOnce(checkpoint: Checkpoint | undefined): RunContext["takeParameters"] {
  let held = checkpoint?.parameters;
  return (phase) => {
    const taken = checkpoint?.phase.name === phase ? held : undefined;
    held = undefined;
    return taken;
  };
}

function checkImages(train: readonly DatasetImage[]): void {
  if (train.length > 0) return;
  throw new CoreError("bad-input", {
    what: "No image is left to train on.",
    received: "a split whose training side names no image of the data set",
    fix: "Give the data set that the split was made from, or split it again.",
  });
}

/** With `precision` int8 what the trunk is calibrated on. @throws CoreError `unsupported` on an engine without int8. */
async function calibrationOf(
  { config, backend }: TrainOptions,
  images: readonly DatasetImage[],
): Promise<TrunkCalibration | undefined> {
  if (config.precision === "float32") return undefined;
  checkInt8Engine(backend);
  return { id: await calibrationId(images), images };
}

/**
 * Looks at what is given and at the checkpoint, before any work.
 * @throws CoreError `conflict` for a checkpoint of another run, `bad-input` without training images.
 */
export async function openRunContext(
  options: TrainOptions,
  { events, now, clock }: Pick<RunContext, "events" | "now" | "clock">,
): Promise<RunContext> {
  const { config, dataset, split } = options;
  const images = {
    train: imagesOfPart(dataset, split, "train"),
    validation: imagesOfPart(dataset, split, "validation"),
    test: imagesOfPart(dataset, split, "test"),
  };
  checkImages(images.train);
  const calibration = await calibrationOf(options, images.train);
  const lost = new LostImages({
    ...{ source: dataset.source, labels: dataset.labels },
    ...{ needed: images.train, validation: images.validation },
  });
  const source = new FeatureSource(options, { events, clock, calibration, lost });
  const hashes = await runHashes(options, source);
  const fallbacks: string[] = [];
  const checkpoint = await options.checkpoints.load((reason) => fallbacks.push(reason));
  if (checkpoint) checkHashes(checkpoint, hashes, config);
  return {
    ...{ options, events, now, clock, images, source, hashes, fallbacks },
    likeness: new LikenessSample({ options, images, source, events, clock }),
    resumed: checkpoint && {
      ...{ epoch: checkpoint.epoch, seconds: checkpoint.seconds, backend: checkpoint.backend },
    },
    takeParameters: parametersOnce(checkpoint),
    spec: headSpec(config, dataset.labels.length),
    backend: checkpointBackend(options.backend),
    progress: progressOf(checkpoint),
    saver: createCheckpointSaver(options.checkpoints, checkpoint),
    pace: createCheckpointPace({
      clock: options.clock,
      shortestMs: options.checkpointMs,
      asked: options.checkpointsAsked,
    }),
  };
}
