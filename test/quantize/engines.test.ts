import { createOnnxBackend } from "@graft/backend-select";
import {
  type Backend,
  calibrate,
  type Graph,
  GraphBuilder,
  type HostTensor,
  numElements,
  type Pair,
  quantizeGraph,
  type ValueId,
} from "@graft/core";
import { createReferenceBackend, type TestRandom, testRandom } from "@graft/core/testing";
import { expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";

const SIDE = 9;
const BATCH = 3;

interface Built {
  readonly graph: Graph;
  readonly images: readonly Uint8Array[];
}

function frozen(b: GraphBuilder, random: TestRandom, shape: readonly number[], name: string): ValueId {
  const data = Float32Array.from({ length: numElements(shape) }, () => random.next() - 0.45);
  return b.constant(name, shape, data);
}

/** A convolution of a kind that the trunk has, on pixels, then a pool and a concatenation of both. */
function blockOf(seed: number): Built {
  const random = testRandom(seed);
  const b = new GraphBuilder();
  const x = b.scale(b.input("images", ["batch", SIDE, SIDE, 4], "uint8"), 2 / 255, -1);
  const conv = (from: ValueId, name: string, window: Pair, inputs: number, padding: "same" | "valid") => {
    const outputs = random.int(1, 20);
    const kernel = frozen(b, random, [...window, inputs, outputs], `${name}/kernel`);
    const strides: Pair = random.pick([
      [1, 1],
      [2, 2],
    ]);
    const activation = random.pick(["none", "relu"] as const);
    return b.conv2d(
      from,
      kernel,
      { strides, padding, activation },
      frozen(b, random, [outputs], `${name}/bias`),
    );
  };
  const windows: readonly [Pair, ...Pair[]] = [
    [1, 1],
    [3, 3],
    [1, 7],
    [7, 1],
    [5, 5],
  ];
  const stem = conv(x, "stem", [3, 3], 4, "valid");
  const channels = Number(b.shapeOf(stem).at(-1));
  const branch = b.conv2d(
    stem,
    frozen(b, random, [...random.pick(windows), channels, 6], "branch/kernel"),
    { strides: [1, 1], padding: "same", activation: "relu" },
    frozen(b, random, [6], "branch/bias"),
  );
  const pooled = b.averagePool(stem, [3, 3], [1, 1], "same");
  b.output(
    "y",
    b.maxPool(b.concat([branch, stem, b.maxPool(stem, [3, 3], [1, 1], "same")]), [2, 2], [2, 2], "valid"),
  );
  b.output("pooled", pooled);
  const images = Array.from({ length: 8 }, () =>
    Uint8Array.from({ length: SIDE * SIDE * 4 }, () => random.int(0, 255)),
  );
  return { graph: b.build(), images };
}

async function outputsOf(backend: Backend, { graph, images }: Built): Promise<Record<string, HostTensor>> {
  const program = await backend.compile(graph);
  try {
    const data = Uint8Array.from(images.slice(0, BATCH).flatMap((image) => [...image]));
    return await program.run({ images: { shape: [BATCH, SIDE, SIDE, 4], data } });
  } finally {
    program.dispose();
  }
}

/** The steps of each output, by its name. */
function stepsOf(graph: Graph): Map<string, number> {
  return new Map(
    Object.entries(graph.outputs).map(([name, id]) => {
      const node = graph.nodes[id];
      if (node?.kind !== "op" || node.op.op !== "fake-quantize") throw new Error(`${name} is not quantised`);
      return [name, node.op.scales[0] ?? Number.NaN];
    }),
  );
}

/**
 * A sum that lies between two steps may be rounded either way, by float32 sums and by whole ones, and what follows sees
 * the other number: one step, and its share of the next sum.
 */
const MOST_STEPS = 2;
const EXACT_SHARE = 0.97;

for (const candidate of TEST_BACKENDS.filter(({ id }) => id !== "reference:cpu")) {
  await describeOn(candidate, (backend) => {
    it.each([1, 2, 3])("computes quantised block %i as float64 does", async (seed) => {
      const { graph, images } = blockOf(seed);
      await using reference = createReferenceBackend();
      const calibration = await calibrate({ graph, backend: reference, images });
      const quantized = { graph: quantizeGraph(graph, calibration), images };
      const expected = await outputsOf(reference, quantized);
      const found = await outputsOf(backend, quantized);
      for (const [name, step] of stepsOf(quantized.graph)) {
        const values = [...(expected[name]?.data ?? [])];
        const apart = values.map((value, i) => Math.abs(value - (found[name]?.data[i] ?? Number.NaN)) / step);
        expect(Math.max(...apart), name).toBeLessThan(MOST_STEPS + 1e-3);
        const exact = apart.filter((steps) => steps < 1e-3).length / apart.length;
        expect(exact, name).toBeGreaterThan(EXACT_SHARE);
      }
    });
  });
}

it("onnx:cpu says that it computes on whole numbers; the imitating engines do not", async () => {
  await using cpu = await createOnnxBackend({ provider: "cpu" });
  await using reference = createReferenceBackend();
  expect([cpu.limits.int8, reference.limits.int8]).toEqual([true, undefined]);
});
