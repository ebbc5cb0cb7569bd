import { fromBinary } from "@bufbuild/protobuf";
import { type Graph, GraphBuilder, type Padding } from "@graft/core";
import { describe, expect, it } from "vitest";
import { ModelProtoSchema } from "./generated/onnx_pb.ts";
import { lowerGraph } from "./lower.ts";
import { OnnxModel } from "./onnx-model.ts";

const TRAITS = { maxPoolTellsOffsets: true, trainsByGemm: true };

const modelOf = (graph: Graph, traits = TRAITS) => {
  const model = fromBinary(ModelProtoSchema, lowerGraph(graph, traits).bytes).graph;
  if (!model) throw new Error("a model without a graph");
  return model;
};
const opTypes = (graph: Graph, traits = TRAITS): string[] =>
  modelOf(graph, traits).node.map((node) => node.opType);

/** Two branches over an image, joined and pooled, as in an inception block. */
function block(kernels: "constant" | "parameter", pooled: boolean): Graph {
  const b = new GraphBuilder();
  const x = b.scale(b.input("images", ["batch", 8, 8, 3], "uint8"), 1 / 255, 0);
  const kernel = (name: string, shape: [number, number, number, number]) =>
    kernels === "parameter"
      ? b.parameter(name, shape)
      : b.constant(name, shape, new Float32Array(shape.reduce((p, q) => p * q, 1)));
  const attributes = { strides: [1, 1], padding: "same", activation: "relu" } as const;
  const one = b.conv2d(x, kernel("one", [3, 3, 3, 4]), attributes);
  const two = b.conv2d(b.averagePool(one, [3, 3], [1, 1], "same"), kernel("two", [1, 1, 4, 2]), attributes);
  const joined = b.maxPool(b.concat([one, two]), [3, 3], [2, 2], "valid");
  b.output("features", pooled ? b.globalAveragePool(joined) : joined);
  return b.build();
}

describe("a lowered graph", () => {
  it("moves axes only where a convolutional region begins and ends", () => {
    expect(opTypes(block("constant", false)).filter((type) => type === "Transpose")).toHaveLength(2);
    expect(opTypes(block("constant", true)).filter((type) => type === "Transpose")).toHaveLength(1);
  });

  it("moves trained kernels by a node each, frozen ones while it is written", () => {
    const types = opTypes(block("parameter", true), { ...TRAITS, trainsByGemm: false });
    expect(types.filter((type) => type === "Transpose")).toHaveLength(3);
    const frozen = modelOf(block("constant", true)).initializer.find(({ dims }) => dims.length === 4);
    expect(frozen?.dims).toEqual([4n, 3n, 3n, 3n]);
  });

  it("convolves and averages by products, without moving an axis, where kernels train on the CPU", () => {
    const types = opTypes(block("parameter", true));
    expect(types.filter((type) => type === "Gemm")).toHaveLength(2);
    expect(types.filter((type) => type === "MatMul")).toHaveLength(1);
    expect(types).not.toContain("Conv");
    // before the last pooling, which has no way of its own
    expect(types.filter((type) => type === "Transpose")).toHaveLength(1);
  });

  it("leaves out what no output and no update reads", () => {
    const b = new GraphBuilder();
    const x = b.input("x", ["batch", 2]);
    b.unary("relu", b.add(x, b.input("unread", ["batch", 2])));
    b.output("y", b.unary("square", x));
    const lowered = lowerGraph(b.build(), TRAITS);
    expect([...lowered.inputs.keys()]).toEqual(["x"]);
    expect(opTypes(b.build())).toEqual(["Mul"]);
  });

  it.each<[padding: Padding, size: number, pads: bigint[]]>([
    ["same", 8, [0n, 0n, 1n, 1n]],
    ["same", 7, [1n, 1n, 1n, 1n]],
    ["valid", 8, [0n, 0n, 0n, 0n]],
  ])("pads %s on %i pixels with stride 2 as TensorFlow does", (padding, size, pads) => {
    const b = new GraphBuilder();
    const x = b.input("x", ["batch", size, size, 1]);
    b.output("y", b.maxPool(x, [3, 3], [2, 2], padding));
    const pool = modelOf(b.build()).node.find(({ opType }) => opType === "MaxPool");
    expect(pool?.attribute.find(({ name }) => name === "pads")?.ints).toEqual(pads);
  });

  it("gives an updated parameter its result without a copy", () => {
    const b = new GraphBuilder();
    const w = b.parameter("w", [4]);
    b.update(w, b.scale(w, 0.5, 0));
    expect(opTypes(b.build())).toEqual(["Mul"]);
  });
});

describe("an ONNX model", () => {
  it("holds numbers as raw little-endian bytes", () => {
    const model = new OnnxModel();
    const name = model.floats([2], Float32Array.of(1, -2));
    model.output("y", name, [2]);
    const { graph } = fromBinary(ModelProtoSchema, model.toBytes());
    expect([...(graph?.initializer[0]?.rawData ?? [])]).toEqual([0, 0, 128, 63, 0, 0, 0, 192]);
    expect(graph?.node[0]).toMatchObject({ opType: "Identity", input: [name], output: ["y"] });
  });

  it("refuses constants that one message cannot hold", () => {
    const model = new OnnxModel();
    const half = new Float32Array(new ArrayBuffer(2 ** 30)); // 1 GiB of untouched pages: no memory is used
    model.floats([half.length], half);
    expect(() => model.floats([half.length], half)).toThrow(/too large for an ONNX model.*2130706431/);
  });
});
