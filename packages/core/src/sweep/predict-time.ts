import type { TrainConfig } from "../config/config.ts";
import { rowShapeOf } from "../features/recipe-space.ts";
import { numElements } from "../graph/graph.ts";
import { initialHeadValues } from "../head/initial-values.ts";
import { headSpec } from "../head/spec.ts";
import { headTensors, trunkTensors } from "../model/model-tensors.ts";
import { modelGraph } from "../predict/predict.ts";
import { compilePredictor } from "../predict/predict-graph.ts";
import { imageRule } from "../train/feature-source.ts";
import type { SweepData, SweepRow } from "./types.ts";

const RUNS = 5;

/** What a model of these options weighs and takes, whatever its head's numbers. */
export async function costOf(
  config: TrainConfig,
  { weights, backend, dataset }: Pick<SweepData, "weights" | "backend" | "dataset">,
): Promise<Pick<SweepRow, "modelBytes" | "predictMs">> {
  const head = headSpec(config, dataset.labels.length);
  const rule = imageRule(config);
  const manifest = { head, rule, cut: config.cut };
  using predictor = await compilePredictor({
    graph: modelGraph({ manifest, weights }),
    values: initialHeadValues(head, rowShapeOf(config), 1),
    ...{ manifest, backend },
  });
  const image = Uint8Array.from({ length: rule.size * rule.size * 3 }, (_, at) => (at * 37) % 256);
  let predictMs = Number.POSITIVE_INFINITY;
  // one to warm up
  for (let run = 0; run <= RUNS; run++) {
    const start = performance.now();
    await predictor.predict([image]);
    if (run > 0) predictMs = Math.min(predictMs, performance.now() - start);
  }
  const specs = [...trunkTensors(manifest), ...headTensors(manifest)];
  return { predictMs, modelBytes: specs.reduce((sum, { shape }) => sum + 4 * numElements(shape), 0) };
}
