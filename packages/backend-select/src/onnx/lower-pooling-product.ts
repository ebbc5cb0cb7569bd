/**
 * Average pooling as a product with a constant matrix, on channels-last values: between convolutions that are products
 * (lower-gemm-convolution.ts) it spares moving the image to channels-first and back, which takes several times as long as
 * the pooling.
 */
import { type Pair, paddingOf, windowedLength } from "@graft/core";
import { type LowerSite, type OpOf, type Placed, placed } from "./lower-rows.ts";
import { type Matrix, matrixTimes, turned } from "./matrix.ts";

type Window = Pick<OpOf<"average-pool-gradient">, "size" | "strides" | "padding">;

/** The matrix has as many rows and columns as images have pixels: beyond this its zeros cost more than it spares. */
const MOST_PIXELS = 128;

/** [result's pixels, image's pixels]: 1 / (pixels that count) where a window sees a pixel. */
function poolMatrix(image: Pair, { size, strides, padding }: Window): Matrix {
  const spans = ([0, 1] as const).map((axis) => {
    const [before] = paddingOf(image[axis], size[axis], strides[axis], padding);
    const length = windowedLength(image[axis], size[axis], strides[axis], padding);
    return Array.from({ length }, (_, at) => {
      const start = at * strides[axis] - before;
      return { from: Math.max(0, start), to: Math.min(image[axis], start + size[axis]) };
    });
  });
  const [down = [], across = []] = spans;
  const pixels = image[0] * image[1];
  const data = new Float32Array(down.length * across.length * pixels);
  for (const [y, rows] of down.entries())
    for (const [x, columns] of across.entries()) {
      const share = 1 / ((rows.to - rows.from) * (columns.to - columns.from));
      for (let row = rows.from; row < rows.to; row++)
        for (let column = columns.from; column < columns.to; column++)
          data[(y * across.length + x) * pixels + row * image[1] + column] = share;
    }
  return { rows: down.length * across.length, columns: pixels, data };
}

/** True where {@link lowerAveragePoolAsProduct} is the faster way. */
export function poolsByProduct({ values, traits, x }: LowerSite): boolean {
  const [height, width] = values.sizeOf(x(0));
  return traits.trainsByGemm && values.shared([x(0)]) === "rows" && height * width <= MOST_PIXELS;
}

export function lowerAveragePoolAsProduct({
  values,
  node,
  op,
  x,
}: LowerSite<OpOf<"max-pool" | "average-pool">>): Placed {
  const { model } = values;
  const image = values.sizeOf(x(0));
  const pixels = image[0] * image[1];
  const [height, width, channels] = node.shape.slice(1).map(Number);
  const flat = model.node("Reshape", [values.get(x(0)), model.integers([-1, pixels, channels ?? 0])]);
  const pooled = matrixTimes(model, poolMatrix(image, op), flat);
  const shape = model.integers([-1, height ?? 0, width ?? 0, channels ?? 0]);
  return placed("rows", model.node("Reshape", [pooled, shape]));
}

/** dy [b, h', w', c] → dx: the matrix turned over. */
export function lowerAveragePoolGradientAsProduct({
  values,
  node,
  op,
  x,
}: LowerSite<OpOf<"average-pool-gradient">>): Placed {
  const { model } = values;
  const channels = Number(node.shape.at(-1));
  const image: Pair = [op.height, op.width];
  const matrix = poolMatrix(image, op);
  const flat = model.node("Reshape", [values.get(x(0)), model.integers([-1, matrix.rows, channels])]);
  const dx = matrixTimes(model, turned(matrix), flat);
  return placed("rows", model.node("Reshape", [dx, model.integers([-1, ...image, channels])]));
}
