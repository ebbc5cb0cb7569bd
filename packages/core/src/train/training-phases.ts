import type { TrainEvent } from "../events/events.ts";
import type { HeadBody } from "../head/build.ts";
import { initialHeadValues } from "../head/initial-values.ts";
import { addTail } from "../trunk/build.ts";
import { tailOf } from "../trunk/tail.ts";
import type { TrunkWeights } from "../trunk/types.ts";
import { checkpointEvent } from "./checkpoint-keeper.ts";
import { stepsPerEpoch } from "./epoch.ts";
import { featuresPhase, type TrainingFeatures } from "./features-phase.ts";
import { isPhaseDone, scheduleOf } from "./phase-plan.ts";
import type { RunContext } from "./run-context.ts";
import { phaseHistory, startFineTune } from "./run-progress.ts";
import { trainEpochs } from "./train-epochs.ts";
import { openTrainer, type Trainer } from "./trainer.ts";

/** Tells of the checkpoint that was under way, when it is written. @throws what the store threw. */
export async function* savedCheckpoint({ events, saver }: RunContext): AsyncGenerator<TrainEvent, void> {
  const saved = await saver.finish();
  if (saved) yield events.make(checkpointEvent(saved));
}

/** What a phase trains, and the numbers that it starts from. */
interface PhaseStartValues {
  readonly rowShape: readonly number[];
  readonly body?: HeadBody;
  readonly values: () => ReadonlyMap<string, Float32Array>;
}

function headStart({ spec, source, options }: RunContext): PhaseStartValues {
  const rowShape = source.rowShape("features");
  return { rowShape, values: () => initialHeadValues(spec, rowShape, options.config.seed) };
}

/** The kept head, and the tail as the weights have it. */
function fineTuneStart({ options, source, progress }: RunContext, from: string): PhaseStartValues {
  const { weights, config } = options;
  const tail = tailOf(from, config.cut);
  return {
    rowShape: source.rowShape("tail"),
    body: { append: (builder, features) => addTail(builder, features, tail, weights) },
    values: () => new Map([...tensorsOf(weights, tail.trainable), ...(progress.best?.values ?? [])]),
  };
}

function tensorsOf({ tensors }: TrunkWeights, names: ReadonlySet<string>): [string, Float32Array][] {
  return [...names].flatMap((name) => {
    const data = tensors.get(name)?.data;
    return data ? [[name, data] as [string, Float32Array]] : [];
  });
}

/** The epochs of one phase that are still to be trained. */
async function* phaseEpochs(
  context: RunContext,
  start: PhaseStartValues,
  { rowsOfEpoch, validation }: TrainingFeatures,
): AsyncGenerator<TrainEvent, void> {
  const { options, events, clock, spec, progress, hashes, saver, pace, backend } = context;
  const { config, signal } = options;
  const { name } = progress.phase;
  const { epochs } = scheduleOf(config, name);
  const steps = stepsPerEpoch(context.images.train.length, config.batchSize);
  const left = steps * (epochs - phaseHistory(progress).length) - (progress.partial?.step ?? 0);
  yield events.make({ type: "phase-start", phase: name, total: left });
  const { rowShape, body } = start;
  let trainer: Trainer | undefined;
  try {
    trainer = await openTrainer({
      backend: options.backend,
      ...{ spec, rowShape, config },
      ...(body ? { body } : {}),
    });
    await trainer.writeParameters(context.takeParameters(name) ?? start.values());
    const shared = { config, progress, saver, pace, hashes, backend, events, now: clock, signal };
    yield* trainEpochs({ ...shared, trainer, rowsOfEpoch, validation });
  } finally {
    trainer?.dispose();
  }
}

/**
 * Features, then the epochs that are still to be trained: the head's, then those that train the tail too. All that was
 * opened is freed when it ends, however it ends; a checkpoint may still be under way.
 * @throws CoreError as `featuresPhase` and `trainEpochs`.
 */
export async function* trainingPhases(context: RunContext): AsyncGenerator<TrainEvent, void> {
  const { source, progress, options } = context;
  const { config } = options;
  const { fineTune } = config;
  const isHeadDone = progress.phase.name === "fine-tune" || isPhaseDone(progress, config);
  const taps = [...(isHeadDone ? [] : (["features"] as const)), ...(fineTune ? (["tail"] as const) : [])];
  try {
    const features = yield* featuresPhase(context, taps);
    if (!isHeadDone) yield* phaseEpochs(context, headStart(context), features("features"));
    if (fineTune === null) return;
    if (progress.phase.name === "head") startFineTune(progress);
    yield* phaseEpochs(context, fineTuneStart(context, fineTune), features("tail"));
  } finally {
    await source.dispose();
  }
}
