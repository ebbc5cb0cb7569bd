import type { Graph, Node, Op, OpNode, ValueId } from "@graft/core";
import { lowerConv2d, lowerConv2dInputGradient, lowerConv2dKernelGradient } from "./lower-convolution.ts";
import {
  lowerAveragePoolGradient,
  lowerGlobalAveragePool,
  lowerGlobalAveragePoolGradient,
  lowerMaxPoolGradient,
  lowerPool,
} from "./lower-pooling.ts";
import { lowerFakeQuantize } from "./lower-quantize.ts";
import * as rows from "./lower-rows.ts";
import { OnnxModel, type ValueName } from "./onnx-model.ts";
import { Values } from "./values.ts";

/** A graph as an ONNX model, with what its inputs and outputs are called there. */
export interface LoweredGraph {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Inputs of the graph that something reads, by name → the model's name. */
  readonly inputs: ReadonlyMap<string, ValueName>;
  /** Parameters that something reads. */
  readonly parameters: ReadonlyMap<string, ValueName>;
  readonly outputs: ReadonlyMap<string, ValueName>;
  /** Parameters that take a value after a run → the result that is this value. */
  readonly updates: ReadonlyMap<string, ValueName>;
}

function lowerOp(values: Values, node: OpNode, { traits, kernels }: Surroundings): rows.Placed {
  const x = (index: number): ValueId => {
    const input = node.inputs[index];
    if (input === undefined) throw new TypeError(`${node.op.op} has no input ${index}`);
    return input;
  };
  const site = <T extends Op>(op: T): rows.LowerSite<T> => ({ values, traits, node, op, x });
  const { op } = node;
  switch (op.op) {
    case "scale":
      return rows.lowerScale(site(op));
    case "conv2d":
      return lowerConv2d(site(op));
    case "batch-norm":
      return rows.lowerBatchNorm(site(op));
    case "max-pool":
    case "average-pool":
      return lowerPool(site(op));
    case "concat":
      return rows.lowerConcat(site(op));
    case "global-average-pool":
      return lowerGlobalAveragePool(site(op));
    case "reshape":
      return rows.lowerReshape(site(op));
    case "matmul":
      return rows.lowerMatmul(site(op));
    case "add":
    case "subtract":
    case "multiply":
    case "divide":
      return rows.lowerArithmetic(site(op));
    case "add-n":
      return rows.lowerAddN(site(op));
    case "slice-last":
      return rows.lowerSliceLast(site(op));
    case "pad-last":
      return rows.lowerPadLast(site(op));
    case "relu":
    case "sigmoid":
    case "sqrt":
    case "square":
      return rows.lowerUnary(site(op));
    case "softmax":
      return rows.lowerSoftmax(site(op));
    case "sigmoid-cross-entropy":
      return rows.lowerSigmoidCrossEntropy(site(op));
    case "softmax-cross-entropy":
      return rows.lowerSoftmaxCrossEntropy(site(op));
    case "sum":
      return rows.lowerSum(site(op));
    case "sum-to-last":
      return rows.lowerSumToLast(site(op));
    case "fake-quantize":
      return lowerFakeQuantize(site(op), kernels.has(node));
    case "relu-gradient":
      return rows.lowerReluGradient(site(op));
    case "global-average-pool-gradient":
      return lowerGlobalAveragePoolGradient(site(op));
    case "sigmoid-cross-entropy-gradient":
    case "softmax-cross-entropy-gradient":
      return rows.lowerCrossEntropyGradient(site(op));
    case "conv2d-input-gradient":
      return lowerConv2dInputGradient(site(op));
    case "conv2d-kernel-gradient":
      return lowerConv2dKernelGradient(site(op));
    case "max-pool-gradient":
      return lowerMaxPoolGradient(site(op));
    case "average-pool-gradient":
      return lowerAveragePoolGradient(site(op));
    default:
      op satisfies never;
      throw new TypeError(`unknown op ${JSON.stringify(op)}`);
  }
}

/** What an op is lowered among. */
interface Surroundings {
  readonly traits: rows.ProviderTraits;
  /** Nodes that only convolutions read, as their kernels. */
  readonly kernels: ReadonlySet<Node>;
}

function kernelsOf({ nodes, outputs, updates }: Graph): ReadonlySet<Node> {
  const [kernels, others] = [new Set<ValueId>(), new Set<ValueId>(Object.values(outputs))];
  for (const { value } of updates) others.add(value);
  for (const node of nodes)
    if (node.kind === "op")
      for (const [i, id] of node.inputs.entries())
        (node.op.op === "conv2d" && i === 1 ? kernels : others).add(id);
  return new Set(nodes.filter((_, id) => kernels.has(id) && !others.has(id)));
}

/** The values that an output or an update needs. */
function neededValues(graph: Graph): ReadonlySet<ValueId> {
  const needed = new Set<ValueId>([
    ...Object.values(graph.outputs),
    ...graph.updates.map((update) => update.value),
  ]);
  for (let id = graph.nodes.length - 1; id >= 0; id--) {
    const node = graph.nodes[id];
    if (node?.kind !== "op" || !needed.has(id)) continue;
    for (const input of node.inputs) needed.add(input);
  }
  return needed;
}

const parameterName = (node: Node | undefined): string => {
  if (node?.kind !== "parameter") throw new TypeError("an update is of a parameter");
  return node.name;
};

/**
 * Writes a graph as ONNX. Values stay in the graph's own order at the model's border; inside, convolutional regions are
 * channels-first.
 *
 * @throws CoreError `limit` when the constants are more than a model holds (2 GiB).
 */
export function lowerGraph(graph: Graph, traits: rows.ProviderTraits): LoweredGraph {
  const model = new OnnxModel();
  const values = new Values(model, graph);
  const needed = neededValues(graph);
  const surroundings = { traits, kernels: kernelsOf(graph) };
  const inputs = new Map<string, ValueName>();
  const parameters = new Map<string, ValueName>();
  graph.nodes.forEach((node, id) => {
    if (!needed.has(id)) return;
    if (node.kind === "op") {
      const { layout, name } = lowerOp(values, node, surroundings);
      values.set(id, layout, name);
    }
    if (node.kind === "input" || node.kind === "parameter") {
      const name = model.input(`${node.kind}/${node.name}`, node.shape, node.dtype);
      (node.kind === "input" ? inputs : parameters).set(node.name, name);
      values.set(id, "rows", name);
    }
  });
  const outputs = Object.entries(graph.outputs).map(([name, id]) => ({ name, id, value: values.get(id) }));
  const updates = graph.updates.map(({ parameter, value }) => ({
    name: parameterName(graph.nodes[parameter]),
    id: value,
    value: values.get(value),
  }));
  // updates first: the one that comes second to a value gets a copy, and parameters are what is large
  for (const { name, id, value } of updates) model.output(`update/${name}`, value, values.node(id).shape);
  for (const { name, id, value } of outputs) {
    const { shape, dtype } = values.node(id);
    model.output(`output/${name}`, value, shape, dtype);
  }
  return {
    bytes: model.toBytes(),
    inputs,
    parameters,
    outputs: new Map(outputs.map(({ name }) => [name, `output/${name}`])),
    updates: new Map(updates.map(({ name }) => [name, `update/${name}`])),
  };
}
