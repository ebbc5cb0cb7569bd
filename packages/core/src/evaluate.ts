import type { Backend } from "./backend.ts";
import type { DatasetImage } from "./dataset/types.ts";
import { CoreError, throwIfCancelled } from "./errors.ts";
import type { Model } from "./export/types.ts";
import { prepareAhead } from "./features/prepare-ahead.ts";
import { scorePredictions } from "./metrics/score.ts";
import type { Evaluation, Prediction } from "./metrics/types.ts";
import { nameFew } from "./name-few.ts";
import { openPredictor } from "./predict.ts";
import type { Predictor } from "./predict-graph.ts";
import type { PrepareImage } from "./train/types.ts";

export interface EvaluateOptions {
  readonly model: Model;
  readonly backend: Backend;
  readonly images: readonly DatasetImage[];
  /** The data set's labels, which the images' `label` counts in; matched to the model's by name. */
  readonly labels: readonly string[];
  readonly prepare: PrepareImage;
  /** Images that may be prepared at once: a few for each decoding thread. */
  readonly decodeAhead: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** What the model said of one image. */
export interface ImagePrediction {
  readonly image: DatasetImage;
  readonly prediction: Prediction;
}

export interface EvaluationResult {
  /** Scores over the images that could be read, by the model's labels. */
  readonly evaluation: Evaluation;
  /** In the order of the images. */
  readonly predictions: readonly ImagePrediction[];
  /** Images that could not be read: in no score. */
  readonly broken: readonly { readonly image: DatasetImage; readonly error: CoreError }[];
  /** Images whose content the head was trained on: the score over them flatters the model. */
  readonly seenInTraining: readonly DatasetImage[];
}

/** Of thousands of classes these few show what is wrong: another model, or another spelling. */
const SHOWN_CLASSES = 5;

/**
 * For each label of the data set its index among the model's.
 * @throws CoreError `bad-input` for classes that the model does not know; it names a few of both sides, the facts have all.
 */
function matchLabels(labels: readonly string[], ofModel: readonly string[]): readonly number[] {
  const unknown = labels.filter((label) => !ofModel.includes(label));
  if (unknown.length === 0) return labels.map((label) => ofModel.indexOf(label));
  throw new CoreError(
    "bad-input",
    {
      what: `The data set has ${unknown.length} of ${labels.length} classes that the model does not know: ${nameFew(unknown, SHOWN_CLASSES)}.`,
      expected: `the ${ofModel.length} classes of the model: ${nameFew(ofModel, SHOWN_CLASSES)}`,
      fix: "Rename the folders to the model's classes, or leave the others out.",
    },
    { facts: { unknown, dataset: labels, model: ofModel } },
  );
}

/** Takes images one by one and runs a whole batch while the next one is being prepared. */
class PredictionLine {
  readonly predictions: ImagePrediction[] = [];
  readonly #predictor: Predictor;
  readonly #batch: number;
  #waiting: { readonly image: DatasetImage; readonly pixels: Uint8Array }[] = [];
  #running: Promise<void> = Promise.resolve();

  constructor(predictor: Predictor, batch: number) {
    this.#predictor = predictor;
    this.#batch = batch;
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
    this.#running = this.#predictor.predict(batch.map(({ pixels }) => pixels)).then((predictions) => {
      for (const [i, prediction] of predictions.entries()) {
        const image = batch[i]?.image;
        if (image) this.predictions.push({ image, prediction });
      }
    });
    this.#running.catch(() => undefined); // heard by the next batch, or at the end
  }
}

/**
 * Runs a model over labelled images and scores it. Images are decoded beside the network, at most a few batches ahead.
 * @throws CoreError `bad-input` for classes that the model does not know or when no image can be read, `cancelled`, and as
 * `openPredictor`.
 */
export async function evaluateModel(options: EvaluateOptions): Promise<EvaluationResult> {
  const { model, backend, images, labels, prepare, decodeAhead, signal, onProgress } = options;
  const { manifest } = model;
  const labelOf = matchLabels(labels, manifest.labels);
  const batch = Math.max(1, backend.limits.preferredBatch);
  const broken: { image: DatasetImage; error: CoreError }[] = [];
  throwIfCancelled(signal);

  const tasks = images.map((image, i) => ({ images: [image], variants: [0], slots: [i] }));
  const source = { rule: manifest.rule, augmentation: null };
  const prepared = prepareAhead(tasks, { space: source, prepare, decodeAhead, rowsAhead: 2 * batch, signal });
  using predictor = await openPredictor(model, backend);
  const line = new PredictionLine(predictor, batch);
  let done = 0;
  try {
    for await (const item of prepared) {
      const [image] = item.task.images;
      if (!image) throw new TypeError("a task has its image");
      if ("error" in item) broken.push({ image, error: item.error });
      else await line.add(image, item.pixels[0] ?? new Uint8Array());
      onProgress?.({ done: ++done, total: images.length });
    }
    await line.end();
  } finally {
    await line.settle();
  }

  const { predictions } = line;
  if (predictions.length === 0) {
    throw new CoreError("bad-input", {
      what: "There is no image to evaluate the model on.",
      received: `${images.length} images${broken[0] ? `, none readable: ${broken[0].error.message}` : ""}`,
      fix: "Give a data set with at least one readable image, or another part of it (--split).",
    });
  }
  const truth = predictions.map(({ image }) => labelOf[image.label] ?? -1);
  const trainedOn = new Set(manifest.trainedOn);
  return {
    evaluation: scorePredictions(
      manifest.labels,
      truth,
      predictions.map(({ prediction }) => prediction),
    ),
    predictions,
    broken,
    seenInTraining: images.filter(({ hash }) => trainedOn.has(hash)),
  };
}
