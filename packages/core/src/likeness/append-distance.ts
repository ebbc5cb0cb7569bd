import type { GraphBuilder } from "../graph/builder.ts";
import type { ValueId } from "../graph/graph.ts";
import { unitDirections } from "./directions.ts";

/** Keeps a picture whose features are all 0 (a blank one under some weights) from a division by 0. */
const TINY = 1e-12;

/** [rows, columns], all one number. */
const filled = (rows: number, columns: number, value: number): Float32Array =>
  new Float32Array(rows * columns).fill(value);

/**
 * `likenessDistance` as ops.
 * @param pooled of each layer [batch, channels], in the order of the directions' numbers.
 * @param numbers int8 [directions, channels of all layers].
 * @returns [batch, 1]
 */
export function appendLikenessDistance(
  builder: GraphBuilder,
  pooled: readonly ValueId[],
  numbers: Int8Array,
): ValueId {
  const widths = pooled.map((value) => Number(builder.shapeOf(value).at(-1)));
  const directions = unitDirections(
    numbers,
    widths.reduce((sum, width) => sum + width, 0),
  );
  const count = directions.length;
  // no op widens a column, but a product with ones does
  const spread = builder.constant("likeness/spread", [1, count], filled(1, count, 1));
  let start = 0;
  const parts = pooled.map((value, layer) => {
    const width = widths[layer] ?? 0;
    const end = start + width;
    const rows = directions.map((direction) => direction.subarray(start, end));
    const own = Float32Array.from(
      { length: width * count },
      (_, i) => rows[i % count]?.[Math.floor(i / count)] ?? 0,
    );
    const along = builder.matmul(
      value,
      builder.constant(`likeness/directions/${layer}`, [width, count], own),
    );
    const ones = builder.constant(`likeness/ones/${layer}`, [width, 1], filled(width, 1, pooled.length));
    const squared = builder.scale(builder.matmul(builder.unary("square", value), ones), 1, TINY);
    const lengths = builder.matmul(builder.unary("sqrt", squared), spread);
    start = end;
    return builder.divide(along, lengths);
  });
  const sum = builder.constant("likeness/sum", [count, 1], filled(count, 1, 1));
  const inside = builder.matmul(builder.unary("square", builder.addN(parts)), sum);
  return builder.unary("relu", builder.scale(inside, -1, 1));
}
