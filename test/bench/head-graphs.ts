import {
  appendUpdates,
  blockParameters,
  createOptimizer,
  differentiate,
  fuseActivations,
  type Graph,
  GraphBuilder,
  type HostTensor,
  type OptimizerName,
  parametersOf,
} from "@graft/core";

/** A head whose train step is timed; the numbers are the recipes' (DESIGN 7). */
export interface BenchHead {
  readonly optimizer: OptimizerName;
  readonly features: number;
  /** Units of the hidden layer; 0: none. */
  readonly hidden: number;
  readonly units: number;
  readonly batch: number;
}

export const CLASSIC: BenchHead = {
  optimizer: "rmsprop",
  features: 7 * 7 * 768,
  hidden: 1024,
  units: 1,
  batch: 20,
};
export const GAP: BenchHead = { optimizer: "adam", features: 768, hidden: 0, units: 2, batch: 32 };

/** One train step as core makes it. */
export function trainStep(head: BenchHead, blockBytes: number): Graph {
  const b = new GraphBuilder();
  let x = b.input("features", ["batch", head.features]);
  let width = head.features;
  if (head.hidden > 0) {
    const kernel = b.parameter("dense/kernel", [width, head.hidden]);
    x = b.unary("relu", b.add(b.matmul(x, kernel), b.parameter("dense/bias", [head.hidden])));
    width = head.hidden;
  }
  x = b.multiply(x, b.input("mask", ["batch", width]));
  const product = b.matmul(x, b.parameter("predictions/kernel", [width, head.units]));
  const logits = b.add(product, b.parameter("predictions/bias", [head.units]));
  const losses = b.crossEntropy(logits, b.input("labels", ["batch", head.units]));
  b.output("loss", b.unary("sum", b.multiply(losses, b.input("sampleWeights", ["batch"]))));
  const forward = blockParameters(fuseActivations(b.build()), blockBytes);
  const { graph, gradients } = differentiate(forward, "loss");
  return appendUpdates(graph, gradients, createOptimizer({ name: head.optimizer }));
}

/** Features as a relu leaves them: most are zero. */
export function stepInputs(head: BenchHead): Record<string, HostTensor> {
  const { batch, features, hidden, units } = head;
  const tensor = (shape: number[], value: (i: number) => number): HostTensor => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)),
  });
  return {
    features: tensor([batch, features], () => Math.max(0, Math.random() * 6 - 5)),
    mask: tensor([batch, hidden || features], () => (Math.random() < 0.2 ? 0 : 1.25)),
    labels: tensor([batch, units], (i) => (units === 1 ? i % 2 : (i + Math.floor(i / units)) % 2)),
    sampleWeights: tensor([batch], () => 1 / batch),
    ...createOptimizer({ name: head.optimizer }).scalars({ step: 1, learningRate: 1e-4 }),
  };
}

/** Random weights of Glorot's size, zero slots. */
export function startValues(graph: Graph): Map<string, Float32Array> {
  return new Map(
    parametersOf(graph)
      .filter(({ role }) => role === "weight")
      .map(({ name, shape }) => {
        const length = shape.reduce((a, b) => a * b, 1);
        return [name, Float32Array.from({ length }, () => (Math.random() - 0.5) * 0.02)];
      }),
  );
}
