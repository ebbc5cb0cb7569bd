import type { BestEpoch } from "../checkpoint/types.ts";
import type { Model } from "../export/types.ts";
import type { HeadValues } from "../head/types.ts";
import type { TrunkWeights } from "../trunk/types.ts";
import type { TrainEvent } from "./events.ts";
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

/** The kept epoch as a model. */
function modelOf(context: RunContext, best: BestEpoch): Model {
  const { options, spec, images, source, hashes, now } = context;
  const { config, dataset, weights, backend, run, versions } = options;
  const used = images.train.filter((image) => !source.broken.has(image));
  const { tensors: _, ...info } = weights;
  // the head's epochs may have been the better ones
  const isFineTuned = [...best.values.keys()].some((name) => weights.tensors.has(name));
  return {
    ...splitValues(best.values, weights),
    manifest: {
      ...(isFineTuned && config.fineTune !== null ? { fineTuned: config.fineTune } : {}),
      ...{ labels: dataset.labels, head: spec, cut: config.cut, weights: info, config, run },
      rule: imageRule(config),
      metrics: best.metrics,
      splitHash: hashes.split,
      images: {
        train: used.length,
        validation: images.validation.filter((image) => !source.broken.has(image)).length,
        test: images.test.length,
      },
      trainedOn: [...new Set(used.map(({ hash }) => hash))].sort(),
      backend: backend.id,
      versions: { ...versions, [backend.device.engine]: backend.device.engineVersion },
      createdAt: new Date(now()).toISOString(),
    },
  };
}

/** Hands the kept epoch to the caller's `saveModel`. @throws what that throws. */
export async function* savePhase(
  context: RunContext,
  best: BestEpoch,
): AsyncGenerator<TrainEvent, { readonly model: Model; readonly where: string }> {
  yield context.events.make({ type: "phase-start", phase: "save" });
  const model = modelOf(context, best);
  return { model, where: await context.options.saveModel(model) };
}
