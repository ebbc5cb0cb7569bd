import {
  appendUpdates,
  type Backend,
  blockParameters,
  createOptimizer,
  createRandom,
  differentiate,
  type Graph,
  GraphBuilder,
  type HostTensor,
  numElements,
} from "@graft/core";
import { medianMs } from "./median.ts";

const RUNS = 5;
/** As much of each as a training of some epochs has: most of the work is the trunk's. */
const IMAGES = 4;
const SIDE = 35;
const BATCH = 20;
const FEATURES = 4704;
const UNITS = 256;

const noise = (name: string, shape: readonly number[]): Float32Array => {
  const random = createRandom("engine-speed", name);
  return Float32Array.from({ length: numElements(shape) }, () => random() - 0.5);
};

/** Convolutions as the trunk's middle has them: 0.17 GFLOP an image. */
function trunkLike(): { graph: Graph; inputs: Record<string, HostTensor> } {
  const b = new GraphBuilder();
  const how = { strides: [1, 1], padding: "same", activation: "relu" } as const;
  let x = b.input("x", ["batch", SIDE, SIDE, 64]);
  for (const shape of [
    [3, 3, 64, 96],
    [1, 1, 96, 64],
    [1, 7, 64, 32],
  ] as const) {
    const name = shape.join(" ");
    x = b.conv2d(x, b.constant(name, shape, noise(name, shape)), how);
  }
  b.output("y", x);
  const shape = [IMAGES, SIDE, SIDE, 64];
  return { graph: b.build(), inputs: { x: { shape, data: noise("x", shape) } } };
}

/** A step of a head with one large dense layer, as the recipe classic has it: 0.14 GFLOP. */
function headLike(blockBytes: number): { graph: Graph; inputs: Record<string, HostTensor> } {
  const b = new GraphBuilder();
  const hidden = b.unary(
    "relu",
    b.matmul(b.input("x", ["batch", FEATURES]), b.parameter("w", [FEATURES, UNITS])),
  );
  const logits = b.matmul(hidden, b.parameter("v", [UNITS, 1]));
  b.output("loss", b.unary("sum", b.crossEntropy(logits, b.input("labels", ["batch", 1]))));
  const optimizer = createOptimizer({ name: "rmsprop" });
  const { graph, gradients } = differentiate(blockParameters(b.build(), blockBytes), "loss");
  const [x, labels] = [
    [BATCH, FEATURES],
    [BATCH, 1],
  ];
  return {
    graph: appendUpdates(graph, gradients, optimizer),
    inputs: {
      x: { shape: x, data: noise("features", x).map((value) => Math.max(0, value)) },
      labels: { shape: labels, data: new Float32Array(BATCH) },
      ...optimizer.scalars({ step: 1, learningRate: 1e-4 }),
    },
  };
}

/**
 * Milliseconds that an engine takes for a little of what a training is: convolutions forward, and a step of a large dense
 * head. What the engine does once for a graph is left out.
 */
export async function engineMs(backend: Backend): Promise<number> {
  let sum = 0;
  for (const { graph, inputs } of [trunkLike(), headLike(backend.limits.blockBytes)]) {
    const program = await backend.compile(graph);
    const state = await backend.createState(graph);
    try {
      sum += await medianMs(() => program.run(inputs, state), RUNS);
    } finally {
      state.dispose();
      program.dispose();
    }
  }
  return sum;
}
