import type { Backend } from "../backend/backend.ts";
import { LostImages } from "../dataset/lost-images.ts";
import { lowestHashes } from "../dataset/lowest-hashes.ts";
import type { PrepareImage } from "../dataset/prepare-image.ts";
import type { DatasetImage } from "../dataset/types.ts";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { type Assessment, assessPredictions, DEFAULT_PRECISION_TARGET } from "../metrics/assess.ts";
import { scorePredictions } from "../metrics/score.ts";
import { type PooledImage, type TrainingDistances, trainingDistances } from "../metrics/training-distance.ts";
import type { Evaluation } from "../metrics/types.ts";
import type { Model } from "../model/types.ts";
import { nameFew } from "../name-few.ts";
import { openFeaturePredictor } from "../predict/predict.ts";
import type { FeaturePredictor } from "../predict/predict-graph.ts";
import { type ImagePrediction, type PooledPrediction, predictImages } from "../predict/predict-images.ts";
import type { KeptFeatures } from "./kept-features.ts";

export type { ImagePrediction } from "../predict/predict-images.ts";

export interface TrainingReference {
  readonly images: readonly DatasetImage[];
  readonly prepare: PrepareImage;
  /** Pooled features that need not be computed again. @default none */
  readonly kept?: KeptFeatures;
}

export interface EvaluateOptions {
  readonly model: Model;
  readonly backend: Backend;
  /** The model, opened already; the caller disposes of it. @default opened here for the time of the evaluation */
  readonly predictor?: FeaturePredictor;
  readonly images: readonly DatasetImage[];
  /** The data set's name or path, for what is said of it. */
  readonly source?: string;
  /** The data set's labels, which the images' `label` counts in; matched to the model's by name. */
  readonly labels: readonly string[];
  readonly prepare: PrepareImage;
  /** Images that may be prepared at once: a few for each decoding thread. */
  readonly decodeAhead: number;
  /**
   * Images that the head was trained on and where their pixels come from: what the evaluated ones are compared with, at most
   * {@link MOST_COMPARED} of them. Not looked at when the model has learned its likeness.
   */
  readonly training?: TrainingReference;
  /** Wanted share of right answers for the "not sure" threshold, in (0, 1]. @default 0.95 */
  readonly precisionTarget?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface EvaluationResult {
  /** Scores over the images that could be read, by the model's labels. */
  readonly evaluation: Evaluation;
  /** How far the answers and the labels can be trusted. */
  readonly assessment: Assessment;
  /**
   * Distance of each image to the training: by the model's own rule, the one that predictions go by, else to the training
   * images; undefined when the model has none and too few of those were given.
   */
  readonly distances: TrainingDistances | undefined;
  /** Right class of each prediction, an index into the model's labels. */
  readonly truth: readonly number[];
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
      fix: "Give the classes the model's names, or leave the others out.",
    },
    { facts: { unknown, dataset: labels, model: ofModel } },
  );
}

/** By what the model itself learned; undefined when it did not. */
function learnedDistances(
  { likeness }: Model["manifest"],
  predictions: readonly ImagePrediction[],
): TrainingDistances | undefined {
  if (!likeness) return undefined;
  const distances = predictions.flatMap(({ prediction }) => prediction.distance ?? []);
  if (distances.length < predictions.length) return undefined;
  const { threshold, keptShare: usual, trainingImages: compared } = likeness;
  return { rule: "model", threshold, usual, compared, distances: Float64Array.from(distances) };
}

/** Training images that others are compared with at most: enough for the quantile. */
const MOST_COMPARED = 1000;
/** Of those without kept features so many are computed at most: seconds on any machine. */
const MOST_COMPUTED = 400;

/**
 * Runs a model over labelled images and scores it. Images are decoded beside the network, at most a few batches ahead.
 * @throws CoreError `bad-input` for classes that the model does not know or when no image can be read, `unreadable` when too
 * many cannot (see {@link LostImages}), `cancelled`, and as `openPredictor`.
 */
export async function evaluateModel(options: EvaluateOptions): Promise<EvaluationResult> {
  const { model, backend, images, labels, prepare, decodeAhead, signal, onProgress } = options;
  const { precisionTarget = DEFAULT_PRECISION_TARGET } = options;
  const { manifest } = model;
  const training = manifest.likeness ? undefined : options.training;
  const labelOf = matchLabels(labels, manifest.labels);
  throwIfCancelled(signal);
  const known = new Set(images.map(({ hash }) => hash));
  const sample = lowestHashes(training?.images ?? [], MOST_COMPARED);
  const kept = (await training?.kept?.(sample.map(({ hash }) => hash))) ?? [];
  const isKept = new Set(kept.map(({ hash }) => hash));
  const others = sample.filter(({ hash }) => !known.has(hash) && !isKept.has(hash)).slice(0, MOST_COMPUTED);

  using owned = options.predictor ? undefined : await openFeaturePredictor(model, backend);
  const predictor = options.predictor ?? owned;
  if (!predictor) throw new TypeError("a predictor was given or opened");
  let done = 0;
  const line = {
    ...{ predictor, decodeAhead, signal, rule: manifest.rule },
    batch: Math.max(1, backend.limits.preferredBatch),
    onImage: () => onProgress?.({ done: ++done, total: images.length + others.length }),
  };
  const { predictions, broken } = await predictImages({ ...line, images, prepare });
  if (predictions.length === 0) {
    throw new CoreError("bad-input", {
      what: "There is no image to evaluate the model on.",
      received: `${images.length} images${broken[0] ? `, none readable: ${broken[0].error.message}` : ""}`,
      fix: "Give a data set with at least one readable image, or another `part` of it.",
    });
  }
  new LostImages({ source: options.source, labels, needed: images }).addAll(broken);
  const compared = await predictImages({ ...line, images: others, prepare: training?.prepare ?? prepare });
  const truth = predictions.map(({ image }) => labelOf[image.label] ?? -1);
  const trainedOn = new Set(manifest.trainedOn);
  const scored = {
    truth,
    predictions: predictions.map(({ prediction }) => prediction),
  };
  const pooled = (seen: readonly PooledPrediction[]): PooledImage[] =>
    seen.map(({ image, pooled: values }) => ({ hash: image.hash, pooled: values }));
  const isWanted = new Set(sample.map(({ hash }) => hash).filter((hash) => !isKept.has(hash)));
  const reference = [
    ...kept,
    ...pooled(predictions).filter(({ hash }) => isWanted.has(hash)),
    ...pooled(compared.predictions),
  ];
  return {
    evaluation: scorePredictions(manifest.labels, truth, scored.predictions),
    assessment: assessPredictions({
      ...scored,
      numClasses: manifest.labels.length,
      hashes: predictions.map(({ image }) => image.hash),
      precisionTarget,
    }),
    distances: learnedDistances(manifest, predictions) ?? trainingDistances(reference, pooled(predictions)),
    truth,
    predictions: predictions.map(({ image, prediction }) => ({ image, prediction })),
    broken,
    seenInTraining: images.filter(({ hash }) => trainedOn.has(hash)),
  };
}
