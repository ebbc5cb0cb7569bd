import { describe, expect, it } from "vitest";
import { CoreError } from "../errors.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { createReferenceBackend } from "./reference-backend.ts";

const tensor = (shape: number[], values: number[]) => ({ shape, data: Float32Array.from(values) });

async function outputOf(
  build: (builder: GraphBuilder, x: number) => number,
  shape: number[],
  values: number[],
) {
  const builder = new GraphBuilder();
  const x = builder.input("x", ["batch", ...shape.slice(1)]);
  builder.output("y", build(builder, x));
  const backend = createReferenceBackend();
  const program = await backend.compile(builder.build());
  const { y } = await program.run({ x: tensor(shape, values) });
  return [...(y?.data ?? [])];
}

describe("the reference backend", () => {
  // numbers by hand: a 3 × 3 image 1 … 9
  const image = [1, 2, 3, 4, 5, 6, 7, 8, 9];

  it("pads a 'same' convolution at the end first, as TensorFlow does", async () => {
    const y = await outputOf(
      (b, x) =>
        b.conv2d(x, b.constant("k", [2, 2, 1, 1], Float32Array.from([1, 10, 100, 1000])), {
          strides: [1, 1],
          padding: "same",
          activation: "none",
        }),
      [1, 3, 3, 1],
      image,
    );
    expect(y).toEqual([5421, 6532, 603, 8754, 9865, 906, 87, 98, 9]);
  });

  it("strides a 'valid' convolution and adds the bias before relu", async () => {
    const y = await outputOf(
      (b, x) =>
        b.conv2d(
          x,
          b.constant("k", [1, 1, 1, 2], Float32Array.from([1, -1])),
          { strides: [2, 2], padding: "valid", activation: "relu" },
          b.constant("bias", [2], Float32Array.from([-2, 4])),
        ),
      [1, 3, 3, 1],
      image,
    );
    expect(y).toEqual([0, 3, 1, 1, 5, 0, 7, 0]);
  });

  it("leaves 'same' padding out of averages and maxima", async () => {
    const average = await outputOf((b, x) => b.averagePool(x, [3, 3], [2, 2], "same"), [1, 3, 3, 1], image);
    expect(average).toEqual([3, 4, 6, 7]);
    const negative = image.map((v) => -v);
    const maximum = await outputOf((b, x) => b.maxPool(x, [3, 3], [2, 2], "same"), [1, 3, 3, 1], negative);
    expect(maximum).toEqual([-1, -2, -4, -5]);
  });

  it("gives ln 2 for a sigmoid in the middle and ln 4 for four equal logits, and stays finite far out", async () => {
    const sigmoid = await outputOf(
      (b, x) => b.crossEntropy(x, b.input("labels", ["batch", 1])),
      [1, 1],
      [0],
    ).catch((error: unknown) => error);
    expect(sigmoid).toBeInstanceOf(CoreError); // labels is an input and was not fed
    const logits = await outputOf(
      (b, x) => b.crossEntropy(b.sliceLast(x, 0, 1), b.sliceLast(x, 1, 1)),
      [3, 2],
      [0, 1, 1000, 0, -1000, 0],
    );
    expect(logits).toEqual([Math.fround(Math.LN2), 1000, 0]);
    const softmax = await outputOf(
      (b, x) => b.crossEntropy(b.sliceLast(x, 0, 4), b.sliceLast(x, 4, 4)),
      [2, 8],
      [5, 5, 5, 5, 0, 1, 0, 0, 1000, 0, 0, 0, 0, 0, 0, 1],
    );
    expect(softmax).toEqual([Math.fround(Math.log(4)), 1000]);
  });

  it("applies all updates to the parameters as they were before the run", async () => {
    const builder = new GraphBuilder();
    const a = builder.parameter("a", [1]);
    const b = builder.parameter("b", [1]);
    builder.update(a, b);
    builder.update(b, a);
    builder.output("before", a);
    await using backend = createReferenceBackend();
    const graph = builder.build();
    const state = await backend.createState(graph);
    await state.write(
      new Map([
        ["a", Float32Array.of(1)],
        ["b", Float32Array.of(2)],
      ]),
    );
    const program = await backend.compile(graph);
    expect((await program.run({}, state)).before?.data).toEqual(Float32Array.of(1));
    expect(await state.read()).toEqual(
      new Map([
        ["a", Float32Array.of(2)],
        ["b", Float32Array.of(1)],
      ]),
    );
  });
});
