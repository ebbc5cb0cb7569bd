import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../graph/builder.ts";
import { type Graph, numElements, type ValueId } from "../graph/graph.ts";
import { prune } from "../graph/passes/prune.ts";
import { evaluateGraph } from "../testing/evaluate-graph.ts";
import { testRandom } from "../testing/random.ts";
import { createReferenceBackend } from "../testing/reference-backend.ts";
import { calibrate } from "./calibrate.ts";
import { foldInputScale } from "./fold-input-scale.ts";
import { quantizeGraph } from "./quantize-graph.ts";
import { quantizedValues } from "./quantized-values.ts";

const SIDE = 7;

function constant(b: GraphBuilder, name: string, shape: readonly number[]): ValueId {
  const random = testRandom(name.length + numElements(shape));
  return b.constant(
    name,
    shape,
    Float32Array.from({ length: numElements(shape) }, () => random.next() - 0.45),
  );
}

/** A stem, two branches that join, an average pool that branches off, and the mean: the trunk in small. */
function smallTrunk(inputRange: readonly [number, number] = [-1, 1]): Graph {
  const b = new GraphBuilder();
  const pixels = b.input("images", ["batch", SIDE, SIDE, 3], "uint8");
  const [black, white] = inputRange;
  const x = b.scale(pixels, (white - black) / 255, black);
  const conv = (from: ValueId, name: string, kernel: readonly number[], padding: "same" | "valid") =>
    b.conv2d(
      from,
      constant(b, `${name}/kernel`, kernel),
      { strides: [1, 1], padding, activation: "relu" },
      constant(b, `${name}/bias`, kernel.slice(3)),
    );
  const stem = conv(x, "stem", [3, 3, 3, 4], "valid");
  const left = conv(stem, "left", [1, 3, 4, 5], "same");
  const right = conv(b.averagePool(stem, [3, 3], [1, 1], "same"), "right", [1, 1, 4, 2], "same");
  const joined = b.concat([left, right, b.maxPool(stem, [3, 3], [1, 1], "same")]);
  b.output("block", joined);
  b.output("features", b.globalAveragePool(joined));
  return b.build();
}

const images = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, n) => {
    const random = testRandom(n + 1);
    return Uint8Array.from({ length: SIDE * SIDE * 3 }, () => random.int(0, 255));
  });

function outputOf(graph: Graph, name: string, pixels: readonly Uint8Array[]): Float64Array {
  const data = Uint8Array.from(pixels.flatMap((image) => [...image]));
  const inputs = new Map([["images", data]]);
  const { outputs } = evaluateGraph(graph, { batch: pixels.length, inputs, parameters: new Map() });
  return outputs.get(name) ?? new Float64Array();
}

const largestGap = (a: Float64Array, b: Float64Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] ?? Number.NaN))), 0);

describe("the values that become whole numbers", () => {
  it("are those around frozen convolutions, in one group where they are joined, or pooled by their maximum", () => {
    const graph = smallTrunk();
    const names = quantizedValues(graph).map((group) =>
      group.map((id) => {
        const node = graph.nodes[id];
        return node?.kind === "op" ? node.op.op : node?.kind;
      }),
    );
    expect(names).toEqual([
      ["scale"],
      ["conv2d", "max-pool"],
      ["conv2d", "conv2d", "concat"],
      ["average-pool"],
    ]);
  });

  it("are none where weights train", () => {
    const b = new GraphBuilder();
    const x = b.input("x", ["batch", 4, 4, 2]);
    const attributes = { strides: [1, 1], padding: "same", activation: "none" } as const;
    b.output("y", b.conv2d(x, b.parameter("kernel", [1, 1, 2, 3]), attributes));
    expect(quantizedValues(b.build())).toEqual([]);
  });
});

describe("the scale of pixels", () => {
  it("goes into the convolution that reads them, without a change of the result", () => {
    const graph = smallTrunk();
    const folded = foldInputScale(graph);
    const scales = folded.nodes.flatMap((node) =>
      node.kind === "op" && node.op.op === "scale" ? [node.op] : [],
    );
    expect(scales).toEqual([{ op: "scale", multiply: 1, add: 0 }]);
    const gap = largestGap(outputOf(folded, "block", images(2)), outputOf(graph, "block", images(2)));
    expect(gap).toBeLessThan(1e-5);
  });

  it("stays where zeros are padded around it", () => {
    const b = new GraphBuilder();
    const x = b.scale(b.input("images", ["batch", SIDE, SIDE, 3], "uint8"), 2 / 255, -1);
    const attributes = { strides: [1, 1], padding: "same", activation: "none" } as const;
    b.output("y", b.conv2d(x, constant(b, "kernel", [3, 3, 3, 2]), attributes));
    expect(foldInputScale(b.build())).toEqual(b.build());
  });
});

describe("calibration", () => {
  it("finds each group's range with headroom; pixels are taken as they are", async () => {
    const graph = smallTrunk();
    await using backend = createReferenceBackend();
    const { ranges } = await calibrate({ graph, backend, images: images(5) });
    const largest = Math.max(...outputOf(graph, "block", images(5)));
    expect(ranges).toHaveLength(4);
    expect(ranges[0]).toEqual({ low: 0, high: 255 });
    expect(ranges[2]?.low).toBeCloseTo(0);
    expect(ranges[2]?.high).toBeGreaterThan(1.2 * largest);
  });

  it("is the same for the same images, whatever is shown in one pass", async () => {
    const graph = smallTrunk();
    await using backend = createReferenceBackend();
    const ranges = await calibrate({ graph, backend, images: images(5) });
    const backwards = await calibrate({ graph, backend, images: images(5).reverse() });
    expect(backwards).toEqual(ranges);
  });

  it("asks for at least one image", async () => {
    await using backend = createReferenceBackend();
    await expect(calibrate({ graph: smallTrunk(), backend, images: [] })).rejects.toThrow(
      /no image to calibrate int8 on.*`precision: float32`/,
    );
  });
});

describe("a quantised graph", () => {
  it.each([
    [-1, 1],
    [0, 1],
    [0, 255],
  ] as const)(
    "on pixels from %i to %i gives the plain one's numbers within three steps",
    async (...inputRange) => {
      const graph = smallTrunk(inputRange);
      await using backend = createReferenceBackend();
      const calibration = await calibrate({ graph, backend, images: images(8) });
      const quantized = quantizeGraph(graph, calibration);
      const step = ((calibration.ranges[2]?.high ?? 0) - (calibration.ranges[2]?.low ?? 0)) / 255;
      const gap = largestGap(outputOf(quantized, "block", images(8)), outputOf(graph, "block", images(8)));
      expect(gap).toBeGreaterThan(0);
      expect(gap).toBeLessThan(3 * step);
    },
  );

  it("gives a layer the same numbers whatever runs above it", async () => {
    const whole = smallTrunk();
    const stem = whole.nodes.findIndex((node) => node.kind === "op" && node.op.op === "max-pool");
    const below = prune({ ...whole, outputs: { stem } });
    const above = { ...whole, outputs: { ...whole.outputs, stem } };
    await using backend = createReferenceBackend();
    const stems: Float64Array[] = [];
    for (const graph of [below, above]) {
      const calibration = await calibrate({ graph, backend, images: images(4) });
      stems.push(outputOf(quantizeGraph(graph, calibration), "stem", images(4)));
    }
    expect(stems[0]).toEqual(stems[1]);
  });

  /** Whole numbers of each kernel, a row for each output channel's neighbours. */
  const kernelSteps = ({ nodes }: Graph): { readonly steps: number[]; readonly channels: number }[] =>
    nodes.flatMap((node) => {
      if (node.kind !== "op" || node.op.op !== "fake-quantize" || node.op.type !== "int8") return [];
      const kernel = nodes[node.inputs[0] ?? -1];
      const { scales } = node.op;
      if (kernel?.kind !== "constant") return [];
      const steps = [...kernel.data].map((x, i) => Math.round(x / (scales[i % scales.length] ?? 0)));
      return [{ steps, channels: scales.length }];
    });

  it("has two neighbours of 127 steps together in each kernel, and none whose products could leave 16 bits", async () => {
    const graph = smallTrunk();
    await using backend = createReferenceBackend();
    const calibration = await calibrate({ graph, backend, images: images(2) });
    const largestPairs = kernelSteps(quantizeGraph(graph, calibration)).map(({ steps, channels }) =>
      Math.max(
        ...steps.slice(channels).map((x, i) => Math.abs(x + (x * (steps[i] ?? 0) > 0 ? (steps[i] ?? 0) : 0))),
      ),
    );
    expect(Math.max(...largestPairs)).toBeLessThanOrEqual(128);
    expect(Math.min(...largestPairs)).toBeGreaterThanOrEqual(126);
  });

  it("refuses the calibration of another graph", () => {
    expect(() => quantizeGraph(smallTrunk(), { ranges: [] })).toThrow(
      /calibration belongs to another graph.*0 ranges.*4, one for each group/,
    );
  });
});
