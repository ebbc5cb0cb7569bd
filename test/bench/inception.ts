import {
  foldBatchNorm,
  fuseActivations,
  type Graph,
  GraphBuilder,
  type Padding,
  prune,
  type ValueId,
} from "@graft/core";
import { testRandom } from "@graft/core/testing";

type Stride = 1 | 2;

/** InceptionV3's layers up to mixed7 with random weights: the trunk's arithmetic without a weights file, for timing alone. */
class Inception {
  readonly builder = new GraphBuilder();
  readonly #random = testRandom(1);
  #count = 0;

  /** Convolution, batch norm, relu. */
  unit(
    x: ValueId,
    filters: number,
    [height, width]: readonly [number, number],
    stride: Stride = 1,
    padding: Padding = "same",
  ): ValueId {
    const b = this.builder;
    const name = `conv2d_${++this.#count}`;
    const inputs = Number(b.shapeOf(x)[3]);
    const shape = [height, width, inputs, filters];
    const spread = Math.sqrt(6 / (height * width * inputs));
    const kernel = Float32Array.from(
      { length: height * width * inputs * filters },
      () => (2 * this.#random.next() - 1) * spread,
    );
    const vector = (part: string, value: number): ValueId =>
      b.constant(`${name}/${part}`, [filters], new Float32Array(filters).fill(value));
    const sums = b.conv2d(x, b.constant(`${name}/kernel`, shape, kernel), {
      strides: [stride, stride],
      padding,
      activation: "none",
    });
    return b.unary(
      "relu",
      b.batchNorm(sums, vector("beta", 0), vector("mean", 0), vector("variance", 1), 1e-3),
    );
  }

  /** mixed0, mixed1, mixed2: [35, 35] at 299 pixels. */
  blockA(x: ValueId, pooled: number): ValueId {
    const one = this.unit(x, 64, [1, 1]);
    const five = this.unit(this.unit(x, 48, [1, 1]), 64, [5, 5]);
    const three = this.unit(this.unit(this.unit(x, 64, [1, 1]), 96, [3, 3]), 96, [3, 3]);
    const pool = this.unit(this.builder.averagePool(x, [3, 3], [1, 1], "same"), pooled, [1, 1]);
    return this.builder.concat([one, five, three, pool]);
  }

  /** mixed3: halves the image. */
  reduction(x: ValueId): ValueId {
    const three = this.unit(x, 384, [3, 3], 2, "valid");
    const double = this.unit(this.unit(x, 64, [1, 1]), 96, [3, 3]);
    const pool = this.builder.maxPool(x, [3, 3], [2, 2], "valid");
    return this.builder.concat([three, this.unit(double, 96, [3, 3], 2, "valid"), pool]);
  }

  /** mixed4 to mixed7: [17, 17] at 299 pixels, kernels of 7 in one direction. */
  blockB(x: ValueId, width: number): ValueId {
    const one = this.unit(x, 192, [1, 1]);
    const seven = this.unit(this.unit(this.unit(x, width, [1, 1]), width, [1, 7]), 192, [7, 1]);
    let double = this.unit(x, width, [1, 1]);
    for (const [filters, size] of [
      [width, [7, 1]],
      [width, [1, 7]],
      [width, [7, 1]],
      [192, [1, 7]],
    ] as const)
      double = this.unit(double, filters, size);
    const pool = this.unit(this.builder.averagePool(x, [3, 3], [1, 1], "same"), 192, [1, 1]);
    return this.builder.concat([one, seven, double, pool]);
  }
}

/** images [batch, size, size, 3] uint8 → features [batch, h, w, 768] of mixed7, batch norms folded as the real trunk's. */
export function randomTrunk(size: number): Graph {
  const net = new Inception();
  const b = net.builder;
  let x = b.scale(b.input("images", ["batch", size, size, 3], "uint8"), 1 / 127.5, -1);
  x = net.unit(net.unit(net.unit(x, 32, [3, 3], 2, "valid"), 32, [3, 3], 1, "valid"), 64, [3, 3]);
  x = b.maxPool(x, [3, 3], [2, 2], "valid");
  x = net.unit(net.unit(x, 80, [1, 1], 1, "valid"), 192, [3, 3], 1, "valid");
  x = b.maxPool(x, [3, 3], [2, 2], "valid");
  for (const pooled of [32, 64, 64]) x = net.blockA(x, pooled);
  x = net.reduction(x);
  for (const width of [128, 160, 160, 192]) x = net.blockB(x, width);
  b.output("features", x);
  return prune(fuseActivations(foldBatchNorm(b.build())));
}
