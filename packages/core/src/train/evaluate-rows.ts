import { createThreadSharing } from "../concurrency/event-loop-turn.ts";
import { throwIfCancelled } from "../errors.ts";
import type { Metrics } from "../events/events.ts";
import { predictedLabel } from "../head/outputs.ts";
import { BatchMaker } from "./batches.ts";
import { type LabelledRows, rowLength } from "./labelled-rows.ts";
import type { Trainer } from "./trainer.ts";

/** Features of one run of the evaluation, at most: large enough that a dense layer's weights are read seldom. */
const BATCH_BYTES = 8 * 2 ** 20;
const MAX_BATCH = 256;

/** Images that one run of the evaluation takes. */
function evaluationBatch(rows: LabelledRows): number {
  const bytes = rowLength(rows.table) * Float32Array.BYTES_PER_ELEMENT;
  return Math.max(1, Math.min(MAX_BATCH, Math.floor(BATCH_BYTES / bytes), rows.labels.length));
}

/**
 * Mean loss and accuracy of the head as it is, dropout off; class weights do not count (as in Keras).
 * @param options.betweenBatches waited for before each run; the trainer is its to read.
 * @returns undefined for an empty list.
 */
export async function evaluateRows(
  trainer: Trainer,
  rows: LabelledRows,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly betweenBatches?: () => Promise<void>;
    /** Called before each run. @default one of this evaluation's own */
    readonly shareThread?: () => Promise<void>;
  } = {},
): Promise<Required<Pick<Metrics, "valLoss" | "valAccuracy">> | undefined> {
  const numImages = rows.labels.length;
  if (numImages === 0) return undefined;
  const { spec, rowShape, evaluate, state } = trainer;
  const size = evaluationBatch(rows);
  const maker = new BatchMaker(rowShape, { spec, size });
  let [loss, correct] = [0, 0];
  const { shareThread = createThreadSharing() } = options;
  for (let start = 0; start < numImages; start += size) {
    await options.betweenBatches?.();
    await shareThread();
    throwIfCancelled(options.signal);
    const count = Math.min(size, numImages - start);
    const images = Array.from({ length: count }, (_, at) => start + at);
    const { inputs, labels } = await maker.read(rows, images);
    const { losses, probabilities } = await evaluate.run(inputs, state);
    for (const [row, label] of labels.entries()) {
      loss += losses?.data[row] ?? Number.NaN;
      if (probabilities && predictedLabel(probabilities.data, row, spec) === label) correct++;
    }
  }
  return { valLoss: loss / numImages, valAccuracy: correct / numImages };
}
