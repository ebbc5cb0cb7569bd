import { testRandom } from "@graft/core/testing";
import { describe, expect, it } from "vitest";
import { circularProduct, circularRank, type SlidAxis } from "./circular-product.ts";
import { type Matrix, turned } from "./matrix.ts";

const times = ({ rows, columns, data }: Matrix, vector: readonly number[]): number[] =>
  Array.from({ length: rows }, (_, row) =>
    vector.reduce((sum, value, column) => sum + (data[row * columns + column] ?? Number.NaN) * value, 0),
  );

/** Every way to slide 1 to 9 numbers over 1 to 12 under 'same' and 'valid'. */
function axes(): SlidAxis[] {
  const all: SlidAxis[] = [];
  for (let image = 1; image <= 12; image++)
    for (let kernel = 1; kernel <= 9; kernel++) {
      all.push({ image, kernel, result: image, before: Math.floor((kernel - 1) / 2) });
      if (kernel <= image) all.push({ image, kernel, result: image - kernel + 1, before: 0 });
    }
  return all;
}

describe("a circular product", () => {
  it("is the sliding sum, for every length, kernel and padding", () => {
    const random = testRandom(1);
    for (const axis of axes()) {
      const x = Array.from({ length: axis.image }, () => 2 * random.next() - 1);
      const w = Array.from({ length: axis.kernel }, () => 2 * random.next() - 1);
      const { ofImage, ofKernel, ofResult } = circularProduct(axis);
      const kernels = times(ofKernel, w);
      const y = times(
        ofResult,
        times(ofImage, x).map((value, at) => value * (kernels[at] ?? Number.NaN)),
      );
      const expected = Array.from({ length: axis.result }, (_, i) =>
        w.reduce((sum, weight, j) => sum + weight * (x[i + j - axis.before] ?? 0), 0),
      );
      expect(y).toHaveLength(axis.result);
      for (const [i, value] of expected.entries())
        expect(Math.abs((y[i] ?? Number.NaN) - value), JSON.stringify(axis)).toBeLessThan(2e-6);
    }
  });

  it("takes as many products as it says, far fewer than a product for each position", () => {
    for (const axis of axes()) expect(circularProduct(axis).ofImage.rows).toBe(circularRank(axis));
    expect(circularRank({ image: 7, kernel: 7, result: 7, before: 3 })).toBe(14);
    expect(circularRank({ image: 17, kernel: 7, result: 17, before: 3 })).toBe(29);
  });

  it("has no factor that makes rounding grow", () => {
    const { ofImage, ofKernel, ofResult } = circularProduct({ image: 17, kernel: 7, result: 17, before: 3 });
    for (const { data } of [ofImage, ofKernel, ofResult])
      expect(Math.max(...Array.from(data, Math.abs))).toBeLessThanOrEqual(Math.SQRT2 + 1e-6);
  });

  it("is turned by rows for columns", () => {
    const matrix = { rows: 2, columns: 3, data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    expect(turned(matrix)).toEqual({ rows: 3, columns: 2, data: Float32Array.of(1, 4, 2, 5, 3, 6) });
  });
});
