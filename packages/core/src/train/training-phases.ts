import { initialHeadValues } from "../head/initial-values.ts";
import { stepsPerEpoch } from "./epoch.ts";
import type { TrainEvent } from "./events.ts";
import { featuresPhase } from "./features-phase.ts";
import { type HeadTrainer, openHeadTrainer } from "./head-trainer.ts";
import type { RunContext } from "./run-context.ts";
import { trainHead } from "./train-head.ts";

/** Tells of the checkpoint that was under way, when it is written. @throws what the store threw. */
export async function* savedCheckpoint({ events, saver }: RunContext): AsyncGenerator<TrainEvent, void> {
  const epoch = await saver.finish();
  if (epoch !== undefined) yield events.make({ type: "checkpoint", epoch });
}

/**
 * Features, then the epochs that are still to be trained. All that was opened is freed when it ends, however it ends; a
 * checkpoint may still be under way.
 * @throws CoreError as `featuresPhase` and `trainHead`.
 */
export async function* headPhase(context: RunContext): AsyncGenerator<TrainEvent, void> {
  const { options, events, now, spec, source, progress, hashes, saver } = context;
  const { config, signal } = options;
  let trainer: HeadTrainer | undefined;
  try {
    const { rowsOfEpoch, validation } = yield* featuresPhase(context);
    const { rowShape } = source;
    const steps = stepsPerEpoch(context.images.train.length, config.batchSize);
    yield events.make({
      type: "phase-start",
      phase: "head",
      total: steps * (config.epochs - progress.epoch),
    });
    trainer = await openHeadTrainer({ backend: options.backend, spec, rowShape, config });
    await trainer.writeParameters(context.takeParameters() ?? initialHeadValues(spec, rowShape, config.seed));
    const shared = { config, progress, saver, hashes, backend: context.backend, events, now, signal };
    yield* trainHead({ ...shared, trainer, rowsOfEpoch, validation });
  } finally {
    trainer?.dispose();
    await source.dispose();
  }
}
