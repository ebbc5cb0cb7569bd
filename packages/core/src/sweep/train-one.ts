import type { Backend } from "../backend/backend.ts";
import { checkpointBackend } from "../checkpoint/hashes.ts";
import { NO_CHECKPOINTS } from "../checkpoint/none.ts";
import { createCheckpointPace } from "../checkpoint/pace.ts";
import { createCheckpointSaver } from "../checkpoint/saver.ts";
import type { TrainConfig } from "../config/config.ts";
import { CoreError } from "../errors.ts";
import { createEventMaker } from "../events/event-maker.ts";
import { initialHeadValues } from "../head/initial-values.ts";
import { headSpec } from "../head/spec.ts";
import { type EpochMetrics, progressOf } from "../train/run-progress.ts";
import { trainEpochs } from "../train/train-epochs.ts";
import { openTrainer } from "../train/trainer.ts";
import type { SweptFeatures } from "./features.ts";

/**
 * Trains one head in memory, by the same loop as a run.
 * @returns the kept epoch's metrics; undefined when its loss stopped being a number before there was one.
 * @throws CoreError `cancelled`, `backend`.
 */
export async function trainOne(
  config: TrainConfig,
  features: SweptFeatures,
  options: {
    readonly backend: Backend;
    readonly numClasses: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Partial<EpochMetrics> | undefined> {
  const { backend, numClasses, signal } = options;
  const { rowShape, train, validation } = features;
  const spec = headSpec(config, numClasses);
  const progress = progressOf(undefined);
  const trainer = await openTrainer({ backend, spec, rowShape, config });
  try {
    await trainer.writeParameters(initialHeadValues(spec, rowShape, config.seed));
    const events = trainEpochs({
      ...{ trainer, config, validation, progress, signal, now: () => 0 },
      rowsOfEpoch: async function* () {
        yield* [];
        return train;
      },
      saver: createCheckpointSaver(NO_CHECKPOINTS),
      pace: createCheckpointPace({ shortestMs: Number.POSITIVE_INFINITY }),
      hashes: { config: "", split: "", weights: "", features: "" },
      backend: checkpointBackend(backend),
      events: createEventMaker({ run: "", firstSeq: 0, now: () => 0 }),
    });
    for await (const _ of events);
  } catch (error) {
    if (!(error instanceof CoreError && error.code === "diverged")) throw error;
  } finally {
    trainer.dispose();
  }
  return progress.best?.metrics;
}
