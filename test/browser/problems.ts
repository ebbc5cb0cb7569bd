// What a browser's engines and Node's are both given: made from seeds, so that nothing has to cross between them.
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
  parametersOf,
} from "@graft/core";

const noise = (name: string, shape: readonly number[], low = -0.5): Float32Array => {
  const random = createRandom("browser-test", name);
  return Float32Array.from({ length: numElements(shape) }, () => low + random());
};

/** Pixels through a stem, a block with kernels along one axis, both pools and a join: the trunk's ops in small. */
export function trunkProblem(): { graph: Graph; inputs: Record<string, HostTensor> } {
  const b = new GraphBuilder();
  const conv = (x: number, name: string, shape: readonly number[], stride = 1) =>
    b.conv2d(
      x,
      b.constant(name, shape, noise(name, shape)),
      {
        strides: [stride, stride],
        padding: stride === 1 ? "same" : "valid",
        activation: "relu",
      },
      b.constant(`${name}/bias`, shape.slice(3), noise(`${name}/bias`, shape.slice(3))),
    );
  const pixels = b.scale(b.input("pixels", ["batch", 39, 39, 3], "uint8"), 2 / 255, -1);
  const stem = b.maxPool(conv(pixels, "stem", [3, 3, 3, 16], 2), [3, 3], [2, 2], "valid");
  const tower = conv(conv(stem, "row", [1, 7, 16, 12]), "column", [7, 1, 12, 12]);
  const pooled = conv(b.averagePool(stem, [3, 3], [1, 1], "same"), "pooled", [1, 1, 16, 8]);
  b.output("features", b.globalAveragePool(b.concat([conv(stem, "one", [1, 1, 16, 8]), tower, pooled])));
  const shape = [3, 39, 39, 3];
  const data = Uint8Array.from(noise("pixels", shape, 0), (value) => Math.floor(value * 256));
  return { graph: b.build(), inputs: { pixels: { shape, data } } };
}

const [BATCH, FEATURES, UNITS, STEPS] = [8, 6144, 128, 3];
/** Three blocks of the hidden kernel, each just large enough for the fused kernels. */
const BLOCK_BYTES = 2 ** 20;

/** A head with a large dense layer on cached features, and what is fed to a step of it. */
export function headProblem() {
  const b = new GraphBuilder();
  const hidden = b.matmul(b.input("features", ["batch", FEATURES]), b.parameter("w", [FEATURES, UNITS]));
  const layer = b.unary("relu", b.add(hidden, b.parameter("b", [UNITS])));
  const losses = b.crossEntropy(
    b.matmul(layer, b.parameter("v", [UNITS, 1])),
    b.input("labels", ["batch", 1]),
  );
  b.output("loss", b.unary("sum", b.multiply(losses, b.input("sampleWeights", ["batch"]))));
  const { graph, gradients } = differentiate(blockParameters(b.build(), BLOCK_BYTES), "loss");
  const optimizer = createOptimizer({ name: "adam" });
  const step = (number: number): Record<string, HostTensor> => {
    const shape = [BATCH, FEATURES];
    return {
      // as features are: most of them exactly zero
      features: { shape, data: noise(`features ${number}`, shape, -0.8).map((value) => Math.max(0, value)) },
      labels: { shape: [BATCH, 1], data: Float32Array.from({ length: BATCH }, (_, i) => i % 2) },
      sampleWeights: { shape: [BATCH], data: new Float32Array(BATCH).fill(1 / BATCH) },
      ...optimizer.scalars({ step: number, learningRate: 1e-3 }),
    };
  };
  return { graph: appendUpdates(graph, gradients, optimizer), step };
}

/** Some steps of the head. @returns losses, and the parameters and slots they leave. */
export async function trainHead(
  backend: Backend,
): Promise<{ losses: number[]; parameters: Map<string, Float32Array> }> {
  const { graph, step } = headProblem();
  const [program, state] = [await backend.compile(graph), await backend.createState(graph)];
  try {
    const weights = parametersOf(graph).filter(({ role }) => role === "weight");
    await state.write(
      new Map(weights.map(({ name, shape }) => [name, noise(name, shape).map((x) => x / 10)])),
    );
    const losses: number[] = [];
    for (let number = 1; number <= STEPS; number++) {
      const { loss } = await program.run(step(number), state);
      losses.push(loss?.data[0] ?? Number.NaN);
    }
    return { losses, parameters: new Map(await state.read()) };
  } finally {
    state.dispose();
    program.dispose();
  }
}

/** The features of {@link trunkProblem}. */
export async function runTrunk(backend: Backend): Promise<HostTensor["data"]> {
  const { graph, inputs } = trunkProblem();
  const program = await backend.compile(graph);
  const { features } = await program.run(inputs);
  program.dispose();
  return features?.data ?? new Float32Array();
}
