import type { Backend } from "../backend/backend.ts";
import { poolOf } from "../features/recipe-space.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph, ValueId } from "../graph/graph.ts";
import { prune } from "../graph/passes/prune.ts";
import { appendHead } from "../head/build.ts";
import { appendLikenessDistance } from "../likeness/append-distance.ts";
import type { Model } from "../model/types.ts";
import { featureShape, type Tap, tappedTrunk } from "../trunk/build.ts";
import type { TrunkWeights } from "../trunk/types.ts";
import { compilePredictor, type FeaturePredictor, type Predictor } from "./predict-graph.ts";

/** What of a model its graph is made of: the head's numbers are not. */
interface GraphSource {
  readonly manifest: Pick<Model["manifest"], "head" | "cut" | "rule" | "likeness">;
  readonly weights: TrunkWeights;
  readonly directions?: Int8Array;
}

type HeadSource = Omit<GraphSource, "weights">;

export interface GraphOptions {
  /** The features at the cut are an output of the trunk, [batch, h, w, channels]. @default what the head takes of them */
  readonly features?: boolean;
}

/** Name of the trunk's output that a head takes. */
export const FEATURES = "features";
const likenessOutput = (layer: number): string => `likeness/${layer}`;

/** What a model takes of its trunk, by the names of the trunk's outputs. */
function tapsOf({ manifest, directions }: HeadSource, { features }: GraphOptions): Record<string, Tap> {
  const { cut, head, likeness } = manifest;
  const layers = directions && likeness ? likeness.layers : [];
  return {
    [FEATURES]: { layer: cut, pool: features ? "none" : poolOf(head.recipe) },
    ...Object.fromEntries(
      layers.map((layer, at) => [likenessOutput(at), { layer, pool: "avg" } as const] as const),
    ),
  };
}

/**
 * The part of a model that others may share: images [batch, size, size, 3] uint8 → what {@link headPart} takes, by name.
 */
export function trunkPart(source: GraphSource, options: GraphOptions = {}): Graph {
  return tappedTrunk(source.weights, {
    taps: tapsOf(source, options),
    size: source.manifest.rule.size,
  });
}

/** Appends what a model makes of its trunk's outputs, which are found by their names. */
function appendAnswers(
  builder: GraphBuilder,
  output: (name: string) => ValueId,
  { manifest, directions }: HeadSource,
): Readonly<Record<string, ValueId>> {
  const { probabilities } = appendHead(builder, output(FEATURES), manifest.head);
  const layers = directions ? (manifest.likeness?.layers ?? []) : [];
  const pooled = layers.map((_, at) => output(likenessOutput(at)));
  return {
    probabilities,
    ...(directions && pooled.length > 0
      ? { distance: appendLikenessDistance(builder, pooled, directions) }
      : {}),
  };
}

/**
 * A model's own part: the outputs of {@link trunkPart}, made with the same options → probabilities [batch, units] and, of a
 * model that has learned its likeness, `distance` [batch, 1].
 */
export function headPart(source: HeadSource, options: GraphOptions = {}): Graph {
  const { size } = source.manifest.rule;
  const builder = new GraphBuilder();
  const inputs = new Map(
    Object.entries(tapsOf(source, options)).map(([name, { layer, pool }]) => {
      const shape = featureShape(layer, size);
      return [name, builder.input(name, ["batch", ...(pool === "avg" ? shape.slice(2) : shape)])];
    }),
  );
  const answers = appendAnswers(builder, (name) => trunkOutput(name, inputs.get(name)), source);
  return prune({ ...builder.build(), outputs: { ...answers } });
}

function trunkOutput(name: string, value: ValueId | undefined): ValueId {
  if (value === undefined) throw new TypeError(`the trunk gives ${name}`);
  return value;
}

/**
 * Trunk and head as one graph: images [batch, size, size, 3] uint8 → probabilities [batch, units], and, of a model that has
 * learned its likeness, `distance` [batch, 1].
 * @param options.features the features at the cut are an output too: `features` [batch, h, w, channels]. @default false
 */
export function modelGraph(source: GraphSource, options: GraphOptions = {}): Graph {
  const trunk = trunkPart(source, options);
  const builder = new GraphBuilder(trunk);
  const output = (name: string): ValueId => trunkOutput(name, trunk.outputs[name]);
  const answers = appendAnswers(builder, output, source);
  const features = options.features ? { [FEATURES]: output(FEATURES) } : {};
  return prune({ ...builder.build(), outputs: { ...answers, ...features } });
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
