import { GraphBuilder } from "../graph/builder.ts";
import type { Graph, ValueId } from "../graph/graph.ts";
import type { Optimizer } from "../graph/optimizer.ts";
import { appendUpdates } from "../graph/passes/append-updates.ts";
import { blockParameters } from "../graph/passes/block-parameters.ts";
import { differentiate } from "../graph/passes/differentiate.ts";
import { foldAndFuse } from "../graph/passes/fold-and-fuse.ts";
import { headParameters, numHeadInputs } from "./parameters.ts";
import type { HeadSpec } from "./types.ts";

/** Names of the training graph's inputs beside the optimiser's. */
export const HEAD_INPUTS = {
  /** [batch, …row] */
  features: "features",
  /** [batch, units]: one-hot, or for sigmoid [batch, 1]: 1 for the label that sorts second. */
  labels: "labels",
  /** [batch]: the loss is Σ weight · loss of the sample. */
  sampleWeights: "sampleWeights",
  /** [batch, inputs of the last layer]: 0, or 1 / (1 − dropout). Absent when the dropout is 0. */
  dropoutMask: "dropoutMask",
} as const;

/** Numbers a sample's dropout mask has: the inputs of the last layer. */
export function dropoutWidth(spec: HeadSpec, rowShape: readonly number[]): number {
  return spec.hidden > 0 ? spec.hidden : numHeadInputs(spec, rowShape);
}

/**
 * Appends a head to features [batch, h, w, c] (gap pools them, classic flattens them) or [batch, c].
 * @param options.mask dropout's factors, [batch, inputs of the last layer].
 * @returns logits and probabilities, [batch, units]; a sigmoid's column is P of the label that sorts second.
 */
export function appendHead(
  builder: GraphBuilder,
  features: ValueId,
  spec: HeadSpec,
  options: { readonly mask?: ValueId } = {},
): { readonly logits: ValueId; readonly probabilities: ValueId } {
  const rowShape = builder.shapeOf(features).slice(1).map(Number);
  const weights = headParameters(spec, rowShape).map(({ name, shape }) => builder.parameter(name, shape));
  const dense = (x: ValueId, layer: number): ValueId => {
    const [kernel, bias] = weights.slice(layer * 2);
    if (kernel === undefined || bias === undefined) throw new TypeError("a head has no such layer");
    return builder.add(builder.matmul(x, kernel), bias);
  };
  let x = features;
  if (rowShape.length > 1) x = spec.recipe === "gap" ? builder.globalAveragePool(x) : builder.flatten(x);
  if (spec.hidden > 0) x = builder.unary("relu", dense(x, 0));
  if (options.mask !== undefined) x = builder.multiply(x, options.mask);
  const logits = dense(x, spec.hidden > 0 ? 1 : 0);
  return { logits, probabilities: builder.unary(spec.activation, logits) };
}

/** What a training of a head is compiled from. */
export interface HeadGraphs {
  /**
   * One step. Inputs: {@link HEAD_INPUTS} and the optimiser's. Outputs: `loss` [] (Σ sampleWeights · losses) and
   * `probabilities` [batch, units] as they were before the update, dropout on: what Keras counts its accuracy from.
   */
  readonly train: Graph;
  /** Inputs `features`, `labels`; outputs `probabilities` [batch, units] and `losses` [batch]. Shares `train`'s state. */
  readonly evaluate: Graph;
}

/** What lies between the rows that are fed and the head: the tail of a fine-tuning. */
export interface HeadBody {
  /** Appends to features [batch, …row] what the head then takes. */
  readonly append: (builder: GraphBuilder, features: ValueId) => ValueId;
}

/**
 * @param options.rowShape shape of one row of features: [h, w, c] or [c].
 * @param options.body default: the head takes the rows as they are.
 * @param options.blockBytes `BackendLimits.blockBytes`.
 */
export function headGraphs(options: {
  readonly spec: HeadSpec;
  readonly rowShape: readonly number[];
  readonly optimizer: Optimizer;
  readonly blockBytes: number;
  readonly body?: HeadBody;
}): HeadGraphs {
  const { spec, rowShape, optimizer, blockBytes, body } = options;
  const start = (): { builder: GraphBuilder; features: ValueId; labels: ValueId } => {
    const builder = new GraphBuilder();
    const rows = builder.input(HEAD_INPUTS.features, ["batch", ...rowShape]);
    const features = body ? body.append(builder, rows) : rows;
    return { builder, features, labels: builder.input(HEAD_INPUTS.labels, ["batch", spec.units]) };
  };
  const finish = (builder: GraphBuilder): Graph => blockParameters(foldAndFuse(builder.build()), blockBytes);

  const training = start();
  const width = dropoutWidth(spec, training.builder.shapeOf(training.features).slice(1).map(Number));
  const masked =
    spec.dropout > 0 ? { mask: training.builder.input(HEAD_INPUTS.dropoutMask, ["batch", width]) } : {};
  const head = appendHead(training.builder, training.features, spec, masked);
  const losses = training.builder.crossEntropy(head.logits, training.labels);
  const weights = training.builder.input(HEAD_INPUTS.sampleWeights, ["batch"]);
  training.builder.output("loss", training.builder.unary("sum", training.builder.multiply(losses, weights)));
  training.builder.output("probabilities", head.probabilities);
  const { graph, gradients } = differentiate(finish(training.builder), "loss");

  const evaluation = start();
  const trained = appendHead(evaluation.builder, evaluation.features, spec);
  evaluation.builder.output("probabilities", trained.probabilities);
  evaluation.builder.output("losses", evaluation.builder.crossEntropy(trained.logits, evaluation.labels));
  return { train: appendUpdates(graph, gradients, optimizer), evaluate: finish(evaluation.builder) };
}
