import { fromBinary } from "@bufbuild/protobuf";
import {
  type Backend,
  type Graph,
  GraphBuilder,
  numElements,
  type Padding,
  type Pair,
  windowedLength,
} from "@graft/core";
import { createReferenceBackend, testRandom } from "@graft/core/testing";
import { afterAll, describe, expect, it } from "vitest";
import { createOnnxBackend } from "../engines-node.ts";
import { ModelProtoSchema } from "./generated/onnx_pb.ts";
import { lowerGraph } from "./lower.ts";
import { convolvesByFrequencies } from "./lower-fourier-convolution.ts";

const backend = await createOnnxBackend({ provider: "cpu", threads: 1 });
afterAll(() => backend.dispose());

const STRIDES: Pair = [1, 1];
const [BATCH, CHANNELS, OUTPUTS] = [3, 4, 5];

interface Case {
  readonly image: Pair;
  readonly window: Pair;
  readonly padding: Padding;
}

const resultOf = ({ image, window, padding }: Case): Pair => [
  windowedLength(image[0], window[0], 1, padding),
  windowedLength(image[1], window[1], 1, padding),
];

/** A convolution whose kernel is a parameter, and both its gradients by a dy that is fed. */
function convolution(line: Case): Graph {
  const { image, window, padding } = line;
  const b = new GraphBuilder();
  const x = b.input("x", ["batch", ...image, CHANNELS]);
  const dy = b.input("dy", ["batch", ...resultOf(line), OUTPUTS]);
  const kernel = b.parameter("kernel", [...window, CHANNELS, OUTPUTS]);
  const bias = b.parameter("bias", [OUTPUTS]);
  const attributes = { strides: STRIDES, padding } as const;
  b.output("y", b.conv2d(x, kernel, { ...attributes, activation: "relu" }, bias));
  const [height, width] = image;
  b.output("dx", b.op({ op: "conv2d-input-gradient", ...attributes, height, width }, [dy, kernel]));
  const [kernelHeight, kernelWidth] = window;
  b.output("dw", b.op({ op: "conv2d-kernel-gradient", ...attributes, kernelHeight, kernelWidth }, [x, dy]));
  return b.build();
}

async function results(engine: Backend, line: Case) {
  const graph = convolution(line);
  const random = testRandom(line.image[0] * 100 + line.window[1]);
  const numbers = (shape: readonly number[]) => ({
    shape,
    data: Float32Array.from({ length: numElements(shape) }, () => 2 * random.next() - 1),
  });
  const state = await engine.createState(graph);
  const kernel = numbers([...line.window, CHANNELS, OUTPUTS]).data;
  await state.write(
    new Map([
      ["kernel", kernel],
      ["bias", numbers([OUTPUTS]).data],
    ]),
  );
  const program = await engine.compile(graph);
  const x = numbers([BATCH, ...line.image, CHANNELS]);
  const dy = numbers([BATCH, ...resultOf(line), OUTPUTS]);
  const outputs = await program.run({ x, dy }, state);
  program.dispose();
  state.dispose();
  return outputs;
}

const LINES: readonly Case[] = [
  { image: [7, 7], window: [1, 7], padding: "same" },
  { image: [7, 7], window: [7, 1], padding: "same" },
  { image: [17, 5], window: [7, 1], padding: "same" },
  { image: [4, 12], window: [1, 6], padding: "same" },
  { image: [8, 3], window: [3, 1], padding: "same" },
  { image: [3, 16], window: [1, 5], padding: "valid" },
  { image: [14, 2], window: [6, 1], padding: "valid" },
];

describe("a convolution along one axis whose kernel trains", () => {
  it.each(LINES)("gives the reference's result and gradients: %o", async (line) => {
    const geometry = { ...line, strides: STRIDES, result: resultOf(line) };
    expect(convolvesByFrequencies(geometry)).toBe(true);
    const { bytes } = lowerGraph(convolution(line), { maxPoolTellsOffsets: true, trainsByGemm: true });
    const types = fromBinary(ModelProtoSchema, bytes).graph?.node.map(({ opType }) => opType);
    // one for each of the three, and one into or out of the frequencies for x, dy, kernel, y, dx and dw
    expect(types?.filter((type) => type === "MatMul")).toHaveLength(9);
    expect(types).not.toContain("Gemm");
    const [expected, actual] = [await results(createReferenceBackend(), line), await results(backend, line)];
    for (const name of ["y", "dx", "dw"]) {
      const [right, found] = [expected[name]?.data ?? [], actual[name]?.data ?? []];
      expect(actual[name]?.shape).toEqual(expected[name]?.shape);
      const scale = Math.max(...Array.from(right, Math.abs));
      expect(scale).toBeGreaterThan(0.5);
      const errors = Array.from(right, (value, at) => Math.abs(value - (found[at] ?? Number.NaN)) / scale);
      expect(errors.filter((error) => !(error <= 2e-6))).toEqual([]);
    }
  });

  it.each([
    ["a stride", { image: [7, 7], window: [1, 7], strides: [1, 2], result: [7, 4] }],
    ["a kernel over both axes", { image: [16, 16], window: [5, 5], strides: [1, 1], result: [16, 16] }],
    ["one pixel", { image: [7, 7], window: [1, 1], strides: [1, 1], result: [7, 7] }],
    ["a line too short to gain", { image: [1, 2], window: [1, 3], strides: [1, 1], result: [1, 2] }],
  ] as const)("leaves %s to the plain product", (_, geometry) => {
    expect(convolvesByFrequencies({ ...geometry, padding: "same" })).toBe(false);
  });
});
