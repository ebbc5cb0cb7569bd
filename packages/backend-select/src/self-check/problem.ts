import {
  blockParameters,
  createOptimizer,
  createRandom,
  differentiate,
  fuseActivations,
  type Graph,
  GraphBuilder,
  type HostTensor,
  numElements,
  type Optimizer,
  parametersOf,
  type Shape,
  type ValueId,
} from "@graft/core";

const BATCH = 2;
const HIDDEN = 6;
/** Cuts the hidden kernel [70, 6] into three blocks. */
const BLOCK_BYTES = 600;
const STEP_TIME = { step: 3, learningRate: 0.01 };

/** Update rules by the prefix of their slots. The first three weights take turns, the others take the plain one. */
const RULES: readonly { readonly prefix: string; readonly optimizer: Optimizer }[] = [
  { prefix: "adam", optimizer: createOptimizer({ name: "adam" }) },
  { prefix: "rmsprop", optimizer: createOptimizer({ name: "rmsprop" }) },
  { prefix: "momentum", optimizer: createOptimizer({ name: "sgd", momentum: 0.9 }) },
  { prefix: "plain", optimizer: createOptimizer({ name: "sgd" }) },
];
const stepSizeName = (prefix: string): string => `${prefix}/stepSize`;

/** Numbers in [low, high) that depend on the seed and the name alone. */
function values(seed: number, name: string, count: number, [low, high]: readonly [number, number]) {
  const random = createRandom("self-check", seed, name);
  return Float32Array.from({ length: count }, () => low + (high - low) * random());
}

/** Adds constants and weights of a convolution, which both need numbers or a name. */
class Layers {
  readonly b: GraphBuilder;
  readonly seed: number;

  constructor(b: GraphBuilder, seed: number) {
    this.b = b;
    this.seed = seed;
  }

  constant(name: string, shape: readonly number[], low = -1): ValueId {
    return this.b.constant(name, shape, values(this.seed, name, numElements(shape), [low, low + 2]));
  }

  /** conv + trainable bias + relu, 'same' or 'valid', any stride. */
  conv(x: ValueId, name: string, kernel: readonly number[], strides: readonly [number, number] = [1, 1]) {
    const padding = strides[0] === 1 ? "same" : "valid";
    const bias = this.b.parameter(`${name}/bias`, kernel.slice(3));
    const weights = this.b.parameter(`${name}/kernel`, kernel);
    const sums = this.b.conv2d(x, weights, { strides, padding, activation: "none" }, bias);
    return this.b.unary("relu", sums);
  }
}

/** An inception block and a reduction in small, as the trunk has them: [batch, 11, 11, 3] → [batch, 2, 2, 14]. */
function trunk(layers: Layers, pixels: ValueId): ValueId {
  const { b } = layers;
  const whole = { op: "fake-quantize", type: "uint8", scales: [0.013], zeroPoint: 80 } as const;
  const x = b.op(whole, [b.scale(pixels, 2 / 255, -1)]);
  const frozen = { strides: [2, 2], padding: "valid", activation: "relu" } as const;
  const stem = b.conv2d(x, layers.constant("stem", [3, 3, 3, 4]), frozen, layers.constant("stem bias", [4]));
  const one = layers.conv(stem, "one", [1, 3, 4, 4]);
  const pooled = layers.conv(b.averagePool(one, [3, 3], [1, 1], "same"), "pooled", [1, 1, 4, 3]);
  const column = b.conv2d(stem, b.parameter("column/kernel", [5, 1, 4, 4]), {
    strides: [1, 1],
    padding: "same",
    activation: "none",
  });
  const beta = b.parameter("column/beta", [4]);
  const normal = b.batchNorm(
    column,
    beta,
    layers.constant("mean", [4]),
    layers.constant("variance", [4], 0.5),
    1e-3,
  );
  const joined = b.concat([one, pooled, b.unary("relu", normal)]);
  const reduced = layers.conv(joined, "reduced", [3, 3, 11, 3], [2, 2]);
  return b.concat([b.maxPool(joined, [3, 3], [2, 2], "valid"), reduced]);
}

/** Both kinds of heads over one hidden layer with a dropout mask, which is an input. */
function headsOf(b: GraphBuilder, features: ValueId): { binary: ValueId; classes: ValueId } {
  const x = b.concat([b.globalAveragePool(features), b.flatten(features)]);
  const hidden = b.add(
    b.matmul(x, b.parameter("hidden/kernel", [70, HIDDEN])),
    b.parameter("hidden/bias", [HIDDEN]),
  );
  const kept = b.multiply(b.unary("relu", hidden), b.input("mask", ["batch", HIDDEN]));
  const logits = b.add(
    b.matmul(kept, b.parameter("predictions/kernel", [HIDDEN, 5])),
    b.parameter("predictions/bias", [5]),
  );
  // one column lies unused between the two, so that their gradients are padded and added
  return { classes: b.sliceLast(logits, 0, 3), binary: b.sliceLast(logits, 4, 1) };
}

/** The forward pass with both losses, before any pass over it: every op that graft's own graphs have. */
export function forwardGraph(seed: number): Graph {
  const b = new GraphBuilder();
  const features = trunk(new Layers(b, seed), b.input("pixels", ["batch", 11, 11, 3], "uint8"));
  const { binary, classes } = headsOf(b, features);
  const losses = b.add(
    b.crossEntropy(classes, b.input("class", ["batch", 3])),
    b.crossEntropy(binary, b.input("target", ["batch", 1])),
  );
  b.output("loss", b.unary("sum", b.multiply(losses, b.input("sampleWeights", ["batch"]))));
  b.output("softmax", b.unary("softmax", classes));
  b.output("sigmoid", b.unary("sigmoid", binary));
  return b.build();
}

/** One train step: forward, backward and updates by every rule. */
export function stepGraph(seed: number): Graph {
  const forward = blockParameters(fuseActivations(forwardGraph(seed)), BLOCK_BYTES);
  const { graph, gradients } = differentiate(forward, "loss");
  const builder = new GraphBuilder(graph);
  const rules = RULES.map((rule) => ({ ...rule, stepSize: builder.input(stepSizeName(rule.prefix), []) }));
  const weights = graph.nodes.flatMap((node, id) => {
    const gradient = node.kind === "parameter" ? gradients.get(node.name) : undefined;
    return node.kind === "parameter" && gradient !== undefined ? [{ id, gradient, ...node }] : [];
  });
  for (const [i, { id, gradient, name, shape }] of weights.entries()) {
    const rule = rules[i] ?? rules.at(-1);
    if (!rule) throw new TypeError("there are rules");
    const updates = rule.optimizer.update({
      builder,
      weight: id,
      gradient: (factor) =>
        "constant" in factor
          ? builder.scale(gradient, factor.constant, 0)
          : builder.multiply(gradient, factor.value),
      slot: (slot) => builder.parameter(`${rule.prefix}/${slot}/${name}`, shape, { role: "slot" }),
      stepSize: rule.stepSize,
      scalar: (scalar) => builder.input(`${rule.prefix}/${scalar}`, []),
    });
    for (const [parameter, value] of updates) builder.update(parameter, value);
  }
  return builder.build();
}

/** The name under which {@link traceGraph} gives an op's result. */
export const traceName = (id: ValueId): string => `value ${id}`;

/** The same graph with the result of every op as an output, and no update. */
export function traceGraph(graph: Graph): Graph {
  const ops = graph.nodes.flatMap((node, id) => (node.kind === "op" ? [[traceName(id), id] as const] : []));
  return { nodes: graph.nodes, outputs: Object.fromEntries(ops), updates: [] };
}

/** What a step is fed. */
export function stepInputs(seed: number): Record<string, HostTensor> {
  const tensor = (shape: Shape, data: HostTensor["data"]): HostTensor => ({
    shape: shape.map((dim) => (dim === "batch" ? BATCH : dim)),
    data,
  });
  const pixels = values(seed, "pixels", BATCH * 11 * 11 * 3, [0, 256]);
  const mask = values(seed, "mask", BATCH * HIDDEN, [0, 1]).map((x) => (x < 0.2 ? 0 : 1.25));
  return {
    pixels: tensor(["batch", 11, 11, 3], Uint8Array.from(pixels)),
    mask: tensor(["batch", HIDDEN], mask),
    class: tensor(["batch", 3], Float32Array.of(0, 1, 0, 0.1, 0.1, 0.8)),
    target: tensor(["batch", 1], Float32Array.of(1, 0)),
    sampleWeights: tensor(["batch"], Float32Array.of(0.25, 0.75)),
    ...Object.fromEntries(
      RULES.flatMap(({ prefix, optimizer }) =>
        Object.values(optimizer.scalars(STEP_TIME)).map((size) => [stepSizeName(prefix), size]),
      ),
    ),
  };
}

/** Values of all parameters before the step; slots as after some steps, so that no quotient is one of tiny numbers. */
export function startValues(seed: number, graph: Graph): Map<string, Float32Array> {
  return new Map(
    parametersOf(graph).map(({ name, shape, role }) => [
      name,
      values(seed, name, numElements(shape), role === "slot" ? [0.01, 0.05] : [-0.5, 0.5]),
    ]),
  );
}
