import type { Backend } from "./backend.ts";
import type { Model } from "./export/types.ts";
import { poolOf } from "./features/recipe-space.ts";
import { GraphBuilder } from "./graph/builder.ts";
import type { Graph } from "./graph/graph.ts";
import { prune } from "./graph/passes/prune.ts";
import { appendHead } from "./head/build.ts";
import { compilePredictor, type Predictor } from "./predict-graph.ts";
import { trunkGraph } from "./trunk/build.ts";

/** Trunk and head as one graph: images [batch, size, size, 3] uint8 → probabilities [batch, units]. */
function modelGraph({ manifest, weights }: Model): Graph {
  const { head, cut, rule } = manifest;
  const trunk = trunkGraph(weights, { cut, size: rule.size, pool: poolOf(head.recipe) });
  const builder = new GraphBuilder(trunk);
  const { features } = trunk.outputs;
  if (features === undefined) throw new TypeError("the trunk's graph gives features");
  const { probabilities } = appendHead(builder, features, head);
  return prune({ ...builder.build(), outputs: { probabilities } });
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
