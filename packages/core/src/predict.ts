import type { Backend } from "./backend.ts";
import type { Model } from "./export/types.ts";
import { poolOf } from "./features/recipe-space.ts";
import { GraphBuilder } from "./graph/builder.ts";
import type { Graph } from "./graph/graph.ts";
import { prune } from "./graph/passes/prune.ts";
import { appendHead } from "./head/build.ts";
import { compilePredictor, type FeaturePredictor, type Predictor } from "./predict-graph.ts";
import { trunkGraph } from "./trunk/build.ts";
import type { TrunkWeights } from "./trunk/types.ts";

/** What of a model its graph is made of: the head's numbers are not. */
interface GraphSource {
  readonly manifest: Pick<Model["manifest"], "head" | "cut" | "rule">;
  readonly weights: TrunkWeights;
}

/**
 * Trunk and head as one graph: images [batch, size, size, 3] uint8 → probabilities [batch, units].
 * @param options.features the features at the cut are an output too: `features` [batch, h, w, channels]. @default false
 */
export function modelGraph(
  { manifest, weights }: GraphSource,
  options: { readonly features?: boolean } = {},
): Graph {
  const { head, cut, rule } = manifest;
  const pool = options.features ? "none" : poolOf(head.recipe);
  const trunk = trunkGraph(weights, { cut, size: rule.size, pool });
  const builder = new GraphBuilder(trunk);
  const { features } = trunk.outputs;
  if (features === undefined) throw new TypeError("the trunk's graph gives features");
  const { probabilities } = appendHead(builder, features, head);
  const outputs = options.features ? { probabilities, features } : { probabilities };
  return prune({ ...builder.build(), outputs });
}

/**
 * Compiles a model for a backend. The model's arrays may be dropped afterwards; the backend must outlive the predictor.
 * @throws CoreError as `Backend.compile`, `bad-input` when the head's numbers do not fit its spec.
 */
export function openPredictor(model: Model, backend: Backend): Promise<Predictor> {
  return compilePredictor({
    graph: modelGraph(model),
    values: model.head,
    manifest: model.manifest,
    backend,
  });
}

/**
 * As {@link openPredictor}, for one that also gives what the head saw: a little slower, for the features are read back.
 * @throws CoreError as `openPredictor`.
 */
export function openFeaturePredictor(model: Model, backend: Backend): Promise<FeaturePredictor> {
  return compilePredictor({
    graph: modelGraph(model, { features: true }),
    values: model.head,
    manifest: model.manifest,
    backend,
  });
}
