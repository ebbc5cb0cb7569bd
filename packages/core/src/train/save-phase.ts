import type { BestEpoch } from "../checkpoint/types.ts";
import { CoreError } from "../errors.ts";
import type { TrainEvent } from "../events/events.ts";
import type { HeadValues } from "../head/types.ts";
import type { Likeness } from "../likeness/types.ts";
import { scorePredictions } from "../metrics/score.ts";
import type { Model } from "../model/types.ts";
import { cachedPredictions } from "../predict/predict-cached.ts";
import type { TrunkWeights } from "../trunk/types.ts";
import { imageRule } from "./feature-source.ts";
import type { RunContext } from "./run-context.ts";

/** A kept epoch's numbers as those of the head and the trunk with its tail. */
function splitValues(values: HeadValues, weights: TrunkWeights): Pick<Model, "weights" | "head"> {
  const tensors = new Map(weights.tensors);
  const head = new Map<string, Float32Array>();
  for (const [name, data] of values) {
    const ofTrunk = weights.tensors.get(name);
    if (ofTrunk) tensors.set(name, { shape: ofTrunk.shape, data });
    else head.set(name, data);
  }
  return { weights: { ...weights, tensors }, head };
}

const isCheckedInFloat32 = ({ options, images }: RunContext): boolean =>
  options.config.precision === "int8" && images.validation.length > 0;

/** The kept epoch as a model. */
function modelOf(context: RunContext, best: BestEpoch, likeness: Likeness | undefined): Model {
  const { options, spec, images, source, hashes, now } = context;
  const { config, dataset, weights, backend, run, versions } = options;
  const used = images.train.filter((image) => !source.lost.has(image));
  const { tensors: _, ...info } = weights;
  // the head's epochs may have been the better ones
  const isFineTuned = [...best.values.keys()].some((name) => weights.tensors.has(name));
  return {
    ...splitValues(best.values, weights),
    ...(likeness ? { directions: likeness.directions } : {}),
    manifest: {
      ...(isFineTuned && config.fineTune !== null ? { fineTuned: config.fineTune } : {}),
      ...{ labels: dataset.labels, head: spec, cut: config.cut, weights: info, config, run },
      rule: imageRule(config),
      metrics: best.metrics,
      splitHash: hashes.split,
      images: {
        train: used.length,
        validation: images.validation.filter((image) => !source.lost.has(image)).length,
        test: images.test.length,
      },
      trainedOn: [...new Set(used.map(({ hash }) => hash))].sort(),
      ...(likeness ? { likeness: likeness.facts } : {}),
      backend: backend.id,
      versions: { ...versions, [backend.device.engine]: backend.device.engineVersion },
      createdAt: new Date(now()).toISOString(),
    },
  };
}

/** What the training knows of its own images. Told to stop meanwhile, it goes without: the training is done. */
async function* learnedLikeness({ likeness }: RunContext): AsyncGenerator<TrainEvent, Likeness | undefined> {
  try {
    return yield* likeness.learn();
  } catch (error) {
    if (error instanceof CoreError && error.code === "cancelled") return undefined;
    throw error;
  }
}

/**
 * A model whose head was trained behind the int8 trunk, with what it reaches behind the one that predicts. Told to stop
 * meanwhile, it goes without: the training is done.
 */
async function* checkedInFloat32(context: RunContext, model: Model): AsyncGenerator<TrainEvent, Model> {
  const { options, images } = context;
  const { validation } = images;
  if (!isCheckedInFloat32(context)) return model;
  try {
    const said = await cachedPredictions({ ...options, model, images: validation });
    if (said.length === 0) return model;
    const truth = said.map(({ image }) => image.label);
    const predictions = said.map(({ prediction }) => prediction);
    const { accuracy } = scorePredictions(model.manifest.labels, truth, predictions);
    const metrics = { ...model.manifest.metrics, float32ValAccuracy: accuracy };
    return { ...model, manifest: { ...model.manifest, metrics } };
  } catch (error) {
    if (error instanceof CoreError && error.code === "cancelled") return model;
    throw error;
  }
}

/** Hands the kept epoch to the caller's `saveModel`. @throws what that throws; with int8, as `cachedPredictions`. */
export async function* savePhase(
  context: RunContext,
  best: BestEpoch,
): AsyncGenerator<TrainEvent, { readonly model: Model; readonly where: string }> {
  if (isCheckedInFloat32(context))
    yield context.events.make({
      type: "phase-start",
      phase: "evaluate",
      total: context.images.validation.length,
    });
  const model = yield* checkedInFloat32(context, modelOf(context, best, yield* learnedLikeness(context)));
  yield context.events.make({ type: "phase-start", phase: "save" });
  return { model, where: await context.options.saveModel(model) };
}
