import { trunkTensors } from "../export/model-tensors.ts";
import { recipeTap, rowShapeOf } from "../features/recipe-space.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { numElements } from "../graph/graph.ts";
import { prune } from "../graph/passes/prune.ts";
import { appendHead } from "../head/build.ts";
import { initialHeadValues } from "../head/initial-values.ts";
import { headParameters } from "../head/parameters.ts";
import { headSpec } from "../head/spec.ts";
import { compilePredictor } from "../predict-graph.ts";
import type { TrainConfig } from "../train/config.ts";
import { imageRule } from "../train/feature-source.ts";
import { featureShape, trunkGraph } from "../trunk/build.ts";
import type { SweepData, SweepRow } from "./types.ts";

const RUNS = 5;

/** What a model of these options weighs and takes, whatever its head's numbers. */
export async function costOf(
  config: TrainConfig,
  { weights, backend, dataset }: Pick<SweepData, "weights" | "backend" | "dataset">,
): Promise<Pick<SweepRow, "modelBytes" | "predictMs">> {
  const head = headSpec(config, dataset.labels.length);
  const rule = imageRule(config);
  const { pool } = recipeTap(config, "features");
  const trunk = trunkGraph(weights, { cut: config.cut, size: config.size, pool });
  const builder = new GraphBuilder(trunk);
  const { features } = trunk.outputs;
  if (features === undefined) throw new TypeError("the trunk's graph gives features");
  const { probabilities } = appendHead(builder, features, head);
  using predictor = await compilePredictor({
    graph: prune({ ...builder.build(), outputs: { probabilities } }),
    values: initialHeadValues(head, rowShapeOf(config), 1),
    manifest: { head, rule },
    backend,
  });
  const image = Uint8Array.from({ length: rule.size * rule.size * 3 }, (_, at) => (at * 37) % 256);
  let predictMs = Number.POSITIVE_INFINITY;
  // one to warm up
  for (let run = 0; run <= RUNS; run++) {
    const start = performance.now();
    await predictor.predict([image]);
    if (run > 0) predictMs = Math.min(predictMs, performance.now() - start);
  }
  const specs = [...trunkTensors(config), ...headParameters(head, featureShape(config.cut, config.size))];
  return { predictMs, modelBytes: specs.reduce((sum, { shape }) => sum + 4 * numElements(shape), 0) };
}
