import type { Backend } from "../backend/backend.ts";
import { poolOf } from "../features/recipe-space.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph, ValueId } from "../graph/graph.ts";
import { prune } from "../graph/passes/prune.ts";
import { appendHead } from "../head/build.ts";
import { appendLikenessDistance } from "../likeness/append-distance.ts";
import type { Model } from "../model/types.ts";
import { tappedTrunk } from "../trunk/build.ts";
import type { TrunkWeights } from "../trunk/types.ts";
import { compilePredictor, type FeaturePredictor, type Predictor } from "./predict-graph.ts";

/** What of a model its graph is made of: the head's numbers are not. */
interface GraphSource {
  readonly manifest: Pick<Model["manifest"], "head" | "cut" | "rule" | "likeness">;
  readonly weights: TrunkWeights;
  readonly directions?: Int8Array;
}

const likenessOutput = (layer: number): string => `likeness/${layer}`;

/**
 * Trunk and head as one graph: images [batch, size, size, 3] uint8 → probabilities [batch, units], and, of a model that has
 * learned its likeness, `distance` [batch, 1].
 * @param options.features the features at the cut are an output too: `features` [batch, h, w, channels]. @default false
 */
export function modelGraph(
  { manifest, weights, directions }: GraphSource,
  options: { readonly features?: boolean } = {},
): Graph {
  const { head, cut, rule, likeness } = manifest;
  const pool = options.features ? "none" : poolOf(head.recipe);
  const layers = directions && likeness ? likeness.layers : [];
  const taps = layers.map((layer, at) => [likenessOutput(at), { layer, pool: "avg" }] as const);
  const trunk = tappedTrunk(weights, {
    taps: { features: { layer: cut, pool }, ...Object.fromEntries(taps) },
    size: rule.size,
  });
  const builder = new GraphBuilder(trunk);
  const output = (name: string): ValueId => {
    const value = trunk.outputs[name];
    if (value === undefined) throw new TypeError(`the trunk's graph gives ${name}`);
    return value;
  };
  const features = output("features");
  const { probabilities } = appendHead(builder, features, head);
  const pooled = layers.map((_, at) => output(likenessOutput(at)));
  const outputs = {
    probabilities,
    ...(options.features ? { features } : {}),
    ...(directions && pooled.length > 0
      ? { distance: appendLikenessDistance(builder, pooled, directions) }
      : {}),
  };
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
