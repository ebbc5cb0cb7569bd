import { eventLoopTurn } from "../concurrency/event-loop-turn.ts";
import type { PrepareImage } from "../dataset/prepare-image.ts";
import type { DatasetImage } from "../dataset/types.ts";
import { type CoreError, throwIfCancelled } from "../errors.ts";
import { prepareAhead } from "../features/prepare-ahead.ts";
import type { ImageRule } from "../image/types.ts";
import type { Prediction } from "../metrics/types.ts";
import type { FeaturePredictor, PredictionWithFeatures } from "./predict-graph.ts";

/** What the model said of one image. */
export interface ImagePrediction {
  readonly image: DatasetImage;
  readonly prediction: Prediction;
}

/** The same with the features at the cut, [channels]: their mean over height and width. */
export interface PooledPrediction extends ImagePrediction {
  readonly pooled: Float32Array;
}

export interface PredictImagesOptions {
  readonly predictor: FeaturePredictor;
  readonly images: readonly DatasetImage[];
  readonly rule: ImageRule;
  readonly prepare: PrepareImage;
  /** Images that may be prepared at once: a few for each decoding thread. */
  readonly decodeAhead: number;
  /** Images that go through the network together. */
  readonly batch: number;
  readonly signal: AbortSignal | undefined;
  /** Called after each image, broken ones too. */
  readonly onImage: () => void;
}

/** Mean over height and width of features [h, w, channels]. */
export function poolFeatures({
  features,
  shape,
}: Pick<PredictionWithFeatures, "features" | "shape">): Float32Array {
  const [height, width, channels] = shape;
  const sums = new Float64Array(channels);
  for (let start = 0; start < features.length; start += channels)
    for (let channel = 0; channel < channels; channel++)
      sums[channel] = (sums[channel] ?? 0) + (features[start + channel] ?? 0);
  return Float32Array.from(sums, (sum) => sum / (height * width));
}

/** Takes images one by one and runs a whole batch while the next one is being prepared. */
class PredictionLine {
  readonly predictions: PooledPrediction[] = [];
  readonly #predictor: FeaturePredictor;
  readonly #batch: number;
  readonly #signal: AbortSignal | undefined;
  #waiting: { readonly image: DatasetImage; readonly pixels: Uint8Array }[] = [];
  #running: Promise<void> = Promise.resolve();

  constructor({ predictor, batch, signal }: Pick<PredictImagesOptions, "predictor" | "batch" | "signal">) {
    this.#predictor = predictor;
    this.#batch = batch;
    this.#signal = signal;
  }

  async add(image: DatasetImage, pixels: Uint8Array): Promise<void> {
    this.#waiting.push({ image, pixels });
    if (this.#waiting.length >= this.#batch) await this.#send();
  }

  async end(): Promise<void> {
    await this.#send();
    await this.#running;
  }

  /** Never rejects: for a caller that stops because of another error. */
  async settle(): Promise<void> {
    await this.#running.catch(() => undefined);
  }

  async #send(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    await this.#running;
    throwIfCancelled(this.#signal);
    this.#running = this.#predictor.predictWithFeatures(batch.map(({ pixels }) => pixels)).then((seen) => {
      for (const [i, { prediction, ...features }] of seen.entries()) {
        const image = batch[i]?.image;
        if (image) this.predictions.push({ image, prediction, pooled: poolFeatures(features) });
      }
    });
    this.#running.catch(() => undefined); // heard by the next batch, or at the end
    // an engine that computes on this thread is done by then, another one goes on beside it
    await eventLoopTurn();
  }
}

/**
 * Runs a model over a data set's images, decoded beside the network at most a few batches ahead.
 * @returns predictions in the order of the images, and those that cannot be read with their errors.
 * @throws CoreError `cancelled`.
 */
export async function predictImages(options: PredictImagesOptions): Promise<{
  readonly predictions: readonly PooledPrediction[];
  readonly broken: readonly { readonly image: DatasetImage; readonly error: CoreError }[];
}> {
  const { images, rule, prepare, decodeAhead, batch, signal, onImage } = options;
  const tasks = images.map((image, i) => ({ images: [image], variants: [0], slots: [i] }));
  const space = { rule, augmentation: null };
  const prepared = prepareAhead(tasks, { space, prepare, decodeAhead, rowsAhead: 2 * batch, signal });
  const broken: { image: DatasetImage; error: CoreError }[] = [];
  const line = new PredictionLine(options);
  try {
    for await (const item of prepared) {
      const [image] = item.task.images;
      if (!image) throw new TypeError("a task has its image");
      if ("error" in item) broken.push({ image, error: item.error });
      else await line.add(image, item.pixels[0] ?? new Uint8Array());
      onImage();
    }
    await line.end();
  } finally {
    await line.settle();
  }
  return { predictions: line.predictions, broken };
}
