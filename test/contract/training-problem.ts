import {
  appendUpdates,
  type Backend,
  blockParameters,
  createOptimizer,
  differentiate,
  foldBatchNorm,
  fuseActivations,
  type Graph,
  GraphBuilder,
  type HostTensor,
  type OptimizerName,
  parametersOf,
  readLogical,
  type ValueId,
  writeLogical,
} from "@graft/core";
import { testRandom } from "@graft/core/testing";

export interface TrainingOptions {
  readonly model: "head" | "tail";
  readonly optimizer: OptimizerName;
  /** 1: sigmoid. */
  readonly units: number;
  readonly blockBytes: number;
}

const ROWS = 150;
const HIDDEN = 16;

/** The classic head in small, its dropout mask an input: [batch, 150] → logits. */
function head(b: GraphBuilder, units: number, training: boolean): ValueId {
  const x = b.input("features", ["batch", ROWS]);
  const dense = b.matmul(x, b.parameter("dense/kernel", [ROWS, HIDDEN]));
  const layer = b.unary("relu", b.add(dense, b.parameter("dense/bias", [HIDDEN])));
  const kept = training ? b.multiply(layer, b.input("mask", ["batch", HIDDEN])) : layer;
  const logits = b.matmul(kept, b.parameter("predictions/kernel", [HIDDEN, units]));
  return b.add(logits, b.parameter("predictions/bias", [units]));
}

/** A convolution with a trainable kernel and beta, batch norm in inference mode. */
function unit(
  b: GraphBuilder,
  x: ValueId,
  name: string,
  kernelShape: readonly [number, number, number, number],
): ValueId {
  const channels = kernelShape[3];
  const random = testRandom(channels);
  const constant = (part: string, low: number): ValueId =>
    b.constant(
      `${name}/${part}`,
      [channels],
      Float32Array.from({ length: channels }, () => low + random.next()),
    );
  const sums = b.conv2d(x, b.parameter(`${name}/kernel`, kernelShape), {
    strides: [1, 1],
    padding: "same",
    activation: "none",
  });
  const normal = b.batchNorm(
    sums,
    b.parameter(`${name}/beta`, [channels]),
    constant("mean", -0.5),
    constant("variance", 0.5),
    1e-3,
  );
  return b.unary("relu", normal);
}

/** An inception block in small: three branches, joined, pooled to logits; features [batch, 5, 6, 5] flattened to [batch, 150]. */
function tail(b: GraphBuilder, units: number): ValueId {
  const x = b.reshape(b.input("features", ["batch", ROWS]), [5, 6, 5]);
  const one = unit(b, x, "one", [1, 1, 5, 4]);
  const two = unit(b, unit(b, x, "two a", [1, 7, 5, 3]), "two b", [7, 1, 3, 6]);
  const three = unit(b, b.averagePool(x, [3, 3], [1, 1], "same"), "three", [1, 1, 5, 2]);
  const joined = b.concat([one, two, three]);
  const pooled = b.maxPool(joined, [3, 3], [2, 2], "valid");
  const logits = b.matmul(b.globalAveragePool(pooled), b.parameter("predictions/kernel", [12, units]));
  return b.add(logits, b.parameter("predictions/bias", [units]));
}

/** The graph that gives sample losses only, with the parameters of the training graph. */
function evaluationGraph({ model, units, blockBytes }: TrainingOptions): Graph {
  const b = new GraphBuilder();
  const logits = model === "head" ? head(b, units, false) : tail(b, units);
  b.output("losses", b.crossEntropy(logits, b.input("labels", ["batch", units])));
  return blockParameters(fuseActivations(foldBatchNorm(b.build())), blockBytes);
}

/** One train step: loss out, weights and slots updated. */
export function trainingGraph({ model, units, blockBytes, optimizer }: TrainingOptions): Graph {
  const b = new GraphBuilder();
  const logits = model === "head" ? head(b, units, true) : tail(b, units);
  const losses = b.crossEntropy(logits, b.input("labels", ["batch", units]));
  b.output("loss", b.unary("sum", b.multiply(losses, b.input("sampleWeights", ["batch"]))));
  const forward = blockParameters(fuseActivations(foldBatchNorm(b.build())), blockBytes);
  const { graph, gradients } = differentiate(forward, "loss");
  return appendUpdates(graph, gradients, createOptimizer({ name: optimizer, momentum: 0.9 }));
}

/** What a step is fed; the same numbers for the same step, batch and units. */
export function stepInputs(
  options: TrainingOptions,
  step: number,
  batch: number,
): Record<string, HostTensor> {
  const { units, optimizer } = options;
  const random = testRandom(step);
  const made = (shape: number[], value: (i: number) => number): HostTensor => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)),
  });
  return {
    // features are relu's output: most are zero
    features: made([batch, ROWS], () => Math.max(0, random.next() * 4 - 2)),
    labels: made([batch, units], (i) =>
      units === 1 ? i % 2 : (Math.floor(i / units) + step) % units === i % units ? 1 : 0,
    ),
    sampleWeights: made([batch], (i) => (i === 0 ? 2 : 1) / batch),
    mask: made([batch, HIDDEN], () => (random.next() < 0.2 ? 0 : 1.25)),
    ...createOptimizer({ name: optimizer }).scalars({ step, learningRate: 0.01 }),
  };
}

export interface TrainingResult {
  readonly losses: readonly number[];
  readonly evaluated: readonly number[];
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/** Trains a few steps, the last of them on a smaller batch, and evaluates through another program on the same state. */
export async function train(backend: Backend, options: TrainingOptions): Promise<TrainingResult> {
  const [graph, evaluation] = [trainingGraph(options), evaluationGraph(options)];
  const [program, evaluator] = [await backend.compile(graph), await backend.compile(evaluation)];
  const state = await backend.createState(graph);
  try {
    const random = testRandom(1);
    const start = parametersOf(trainingGraph({ ...options, blockBytes: Number.POSITIVE_INFINITY }))
      .filter(({ role }) => role === "weight")
      .map(({ name, shape }) => {
        const length = shape.reduce((a, b) => a * b, 1);
        return [name, Float32Array.from({ length }, () => random.next() * 0.4 - 0.2)] as const;
      });
    await writeLogical(state, graph, new Map(start));
    const losses: number[] = [];
    for (const [i, batch] of [6, 6, 6, 2].entries()) {
      const outputs = await program.run(stepInputs(options, i + 1, batch), state);
      losses.push(outputs.loss?.data[0] ?? Number.NaN);
    }
    const { losses: evaluated } = await evaluator.run(stepInputs(options, 9, 5), state);
    const weights = await readLogical(state, graph, { role: "weight" });
    return { losses, evaluated: [...(evaluated?.data ?? [])], weights };
  } finally {
    for (const held of [program, evaluator, state]) held.dispose();
  }
}
