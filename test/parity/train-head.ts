import {
  appendUpdates,
  type Backend,
  blockParameters,
  createOptimizer,
  differentiate,
  type Graph,
  GraphBuilder,
  type HostTensor,
  type OptimizerName,
  readLogical,
  writeLogical,
} from "@graft/core";
import { initialKernel } from "./golden.ts";

/** One of make_golden.py's trainings. */
export interface HeadCase {
  readonly columns: number;
  /** Units of the hidden relu layer; 0: none. */
  readonly hidden: number;
  /** 1: sigmoid. */
  readonly units: number;
  /** Of the initial kernels, first to last. */
  readonly kernelScales: readonly number[];
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly batch: number;
  readonly steps: number;
  /** Class of an image by its position. */
  readonly label: (image: number) => number;
}

const NUM_IMAGES = 40;

function headGraph({ columns, hidden, units, optimizer }: HeadCase, blockBytes: number): Graph {
  const b = new GraphBuilder();
  let x = b.input("features", ["batch", columns]);
  const dense = (name: string, inputs: number, outputs: number): number =>
    b.add(
      b.matmul(x, b.parameter(`${name}/kernel`, [inputs, outputs])),
      b.parameter(`${name}/bias`, [outputs]),
    );
  if (hidden > 0) x = b.unary("relu", dense("dense", columns, hidden));
  const logits = dense("predictions", hidden > 0 ? hidden : columns, units);
  const losses = b.crossEntropy(logits, b.input("labels", ["batch", units]));
  b.output("loss", b.unary("sum", b.multiply(losses, b.input("sampleWeights", ["batch"]))));
  const { graph, gradients } = differentiate(blockParameters(b.build(), blockBytes), "loss");
  return appendUpdates(graph, gradients, createOptimizer({ name: optimizer }));
}

function startValues({ columns, hidden, units, kernelScales }: HeadCase): Map<string, Float32Array> {
  const [first = 0, second = 0] = kernelScales;
  if (hidden === 0) return new Map([["predictions/kernel", initialKernel(columns, units, first)]]);
  return new Map([
    ["dense/kernel", initialKernel(columns, hidden, first)],
    ["predictions/kernel", initialKernel(hidden, units, second)],
  ]);
}

/** Rows start … min(start + batch, 40) of features and labels. */
function batchOf(head: HeadCase, features: Float32Array, step: number): Record<string, HostTensor> {
  const start = (step * head.batch) % NUM_IMAGES;
  const count = Math.min(head.batch, NUM_IMAGES - start);
  const labels = new Float32Array(count * head.units);
  for (let row = 0; row < count; row++) {
    const label = head.label(start + row);
    if (head.units === 1) labels[row] = label;
    else labels[row * head.units + label] = 1;
  }
  const rows = features.subarray(start * head.columns, (start + count) * head.columns);
  return {
    features: { shape: [count, head.columns], data: rows },
    labels: { shape: [count, head.units], data: labels },
    sampleWeights: { shape: [count], data: new Float32Array(count).fill(1 / count) },
  };
}

/** Trains a head as make_golden.py does. @returns each step's loss and the weights after the last. */
export async function trainHead(
  backend: Backend,
  head: HeadCase,
  features: Float32Array,
): Promise<{ losses: number[]; weights: Map<string, Float32Array> }> {
  const graph = headGraph(head, backend.limits.blockBytes);
  const optimizer = createOptimizer({ name: head.optimizer });
  const [program, state] = [await backend.compile(graph), await backend.createState(graph)];
  try {
    await writeLogical(state, graph, startValues(head));
    const losses: number[] = [];
    for (let step = 0; step < head.steps; step++) {
      const scalars = optimizer.scalars({ step: step + 1, learningRate: head.learningRate });
      const { loss } = await program.run({ ...batchOf(head, features, step), ...scalars }, state);
      losses.push(loss?.data[0] ?? Number.NaN);
    }
    return { losses, weights: await readLogical(state, graph, { role: "weight" }) };
  } finally {
    program.dispose();
    state.dispose();
  }
}
