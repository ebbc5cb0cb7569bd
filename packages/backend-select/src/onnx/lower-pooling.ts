import { type Pair, paddingOf, windowedLength } from "@graft/core";
import { padsOf } from "./lower-convolution.ts";
import {
  lowerAveragePoolAsProduct,
  lowerAveragePoolGradientAsProduct,
  poolsByProduct,
} from "./lower-pooling-product.ts";
import { type LowerSite, type OpOf, type Placed, placed } from "./lower-rows.ts";
import type { OnnxModel, ValueName } from "./onnx-model.ts";

export function lowerPool(site: LowerSite<OpOf<"max-pool" | "average-pool">>): Placed {
  const { values, op, x } = site;
  if (op.op === "average-pool" && poolsByProduct(site)) return lowerAveragePoolAsProduct(site);
  const pads = padsOf(site.values.sizeOf(site.x(0)), op.size, op.strides, op.padding);
  const attributes = { kernel_shape: op.size, strides: op.strides, pads };
  const image = values.get(x(0), "channels-first");
  const { model } = values;
  const pooled =
    op.op === "max-pool"
      ? model.node("MaxPool", [image], attributes)
      : model.node("AveragePool", [image], { ...attributes, count_include_pad: 0 });
  return placed("channels-first", pooled);
}

export function lowerGlobalAveragePool({ values, x }: LowerSite<OpOf<"global-average-pool">>): Placed {
  const { model } = values;
  if (values.shared([x(0)]) === "rows") {
    return placed("rows", model.node("ReduceMean", [values.get(x(0))], { axes: [1, 2], keepdims: 0 }));
  }
  const pooled = model.node("GlobalAveragePool", [values.get(x(0), "channels-first")]); // [b, c, 1, 1]
  return placed("rows", model.node("Flatten", [pooled], { axis: 1 }));
}

export function lowerGlobalAveragePoolGradient({
  values,
  op,
  x,
}: LowerSite<OpOf<"global-average-pool-gradient">>): Placed {
  const { model } = values;
  const share = model.node("Mul", [values.get(x(0)), model.scalar(1 / (op.height * op.width))]);
  const pixel = model.node("Unsqueeze", [share, model.integers([2, 3])]); // [b, c, 1, 1]
  const size = model.integers([1, 1, op.height, op.width]);
  return placed("channels-first", model.node("Expand", [pixel, size]));
}

/** dy [b, h', w', c], x [b, h, w, c] → dx, by the way that the provider knows. */
export function lowerMaxPoolGradient(site: LowerSite<OpOf<"max-pool-gradient">>): Placed {
  return site.traits.maxPoolTellsOffsets ? scatteredMaxPoolGradient(site) : slicedMaxPoolGradient(site);
}

/**
 * Adds every gradient to the element that its maximum came from. MaxPool tells where that was, as an offset into the
 * whole of x; it looks through a window row by row and changes its mind only for a larger value, so the first wins.
 */
function scatteredMaxPoolGradient(site: LowerSite<OpOf<"max-pool-gradient">>): Placed {
  const { values, op, x } = site;
  const { model } = values;
  const pads = padsOf(site.values.sizeOf(site.x(1)), op.size, op.strides, op.padding);
  const image = values.get(x(1), "channels-first");
  const attributes = { kernel_shape: op.size, strides: op.strides, pads };
  const [, offsets] = model.nodes("MaxPool", [image], { attributes, results: 2 });
  const shape = model.node("Shape", [image]);
  const flat = (name: ValueName): ValueName => model.node("Reshape", [name, model.integers([-1])]);
  const zeros = flat(model.node("Expand", [model.scalar(0), shape]));
  const inputs = [zeros, flat(offsets ?? ""), flat(values.get(x(0), "channels-first"))];
  const dx = model.node("ScatterElements", inputs, { axis: 0, reduction: "add" });
  return placed("channels-first", model.node("Reshape", [dx, shape]));
}

/** Position by position of the window: where it holds the maximum and no position before did, the gradient goes there. */
function slicedMaxPoolGradient(site: LowerSite<OpOf<"max-pool-gradient">>): Placed {
  const { values, node, op, x } = site;
  const { model } = values;
  const image = site.values.sizeOf(site.x(1));
  const size = site.values.sizeOf(site.x(0));
  const { size: window, strides } = op;
  const pads = padsOf(image, window, strides, op.padding);
  const [top, left, bottom, right] = pads;
  const seen = values.get(x(1), "channels-first");
  const dy = values.get(x(0), "channels-first");
  const maximum = model.node("MaxPool", [seen], { kernel_shape: window, strides, pads });
  const lowest = model.scalar(-3.4028234663852886e38);
  const padded = model.node("Pad", [seen, model.integers([0, 0, top, left, 0, 0, bottom, right]), lowest]);
  const length: Pair = [image[0] + top + bottom, image[1] + left + right];
  const channels = Number(node.shape[3]);
  const parts: ValueName[] = [];
  let found: ValueName | undefined;
  for (let row = 0; row < window[0]; row++) {
    for (let column = 0; column < window[1]; column++) {
      const end = [row + (size[0] - 1) * strides[0] + 1, column + (size[1] - 1) * strides[1] + 1];
      const ranges = [[row, column], end, [2, 3], strides].map((list) => model.integers(list));
      const holds = model.node("Equal", [model.node("Slice", [padded, ...ranges]), maximum]);
      const first = found === undefined ? holds : model.node("And", [holds, model.node("Not", [found])]);
      found = found === undefined ? holds : model.node("Or", [found, holds]);
      const part = model.node("Where", [first, dy, model.scalar(0)]);
      const after = [length[0] - row - size[0] * strides[0], length[1] - column - size[1] * strides[1]];
      const place = model.integers([0, 0, row, column, 0, 0, ...after]);
      parts.push(model.node("Pad", [spread(model, part, { size, strides, channels }), place]));
    }
  }
  const sum = parts.length === 1 ? (parts[0] ?? "") : model.node("Sum", parts);
  if (top + left + bottom + right === 0) return placed("channels-first", sum);
  const inside = [
    [top, left],
    [top + image[0], left + image[1]],
    [2, 3],
  ].map((list) => model.integers(list));
  return placed("channels-first", model.node("Slice", [sum, ...inside]));
}

/** For each window along one axis, how many of its elements are inside the image. */
function counts(length: number, window: number, stride: number, padding: "same" | "valid"): number[] {
  const [before] = paddingOf(length, window, stride, padding);
  return Array.from({ length: windowedLength(length, window, stride, padding) }, (_, i) => {
    const start = i * stride - before;
    return Math.min(length, start + window) - Math.max(0, start);
  });
}

/** [b, c, h, w] with `stride − 1` zeros after every row and column. */
function spread(
  model: OnnxModel,
  name: ValueName,
  { size: [height, width], strides, channels }: { size: Pair; strides: Pair; channels: number },
): ValueName {
  if (strides[0] === 1 && strides[1] === 1) return name;
  const apart = model.node("Reshape", [name, model.integers([0, channels, height, 1, width, 1])]);
  const zeros = model.integers([0, 0, 0, 0, 0, 0, 0, 0, 0, strides[0] - 1, 0, strides[1] - 1]);
  const filled = model.node("Pad", [apart, zeros]);
  return model.node("Reshape", [
    filled,
    model.integers([0, channels, height * strides[0], width * strides[1]]),
  ]);
}

/**
 * Each share goes to all elements of its window: with the windows' distance filled with zeros, that is a sum over
 * windows of the same size, and a sum is an average times the size.
 */
export function lowerAveragePoolGradient(site: LowerSite<OpOf<"average-pool-gradient">>): Placed {
  if (poolsByProduct(site)) return lowerAveragePoolGradientAsProduct(site);
  const { values, node, op, x } = site;
  const { model } = values;
  const image: Pair = [op.height, op.width];
  const { size: window, strides, padding } = op;
  const rows = counts(image[0], window[0], strides[0], padding);
  const columns = counts(image[1], window[1], strides[1], padding);
  const elements = window[0] * window[1];
  const factors = Float32Array.from(rows.flatMap((r) => columns.map((c) => elements / (r * c))));
  const weights = model.floats([1, 1, rows.length, columns.length], factors);
  const shares = model.node("Mul", [values.get(x(0), "channels-first"), weights]);
  const apart = spread(model, shares, {
    size: [rows.length, columns.length],
    strides,
    channels: Number(node.shape[3]),
  });
  const [top, left] = padsOf(image, window, strides, padding);
  const before: Pair = [window[0] - 1 - top, window[1] - 1 - left];
  // what makes the sum over windows as long as the image; below 0 where the spread has zeros to spare
  const after = (axis: 0 | 1, length: number): number =>
    image[axis] + window[axis] - 1 - before[axis] - length * strides[axis];
  const pads = [0, 0, ...before, 0, 0, after(0, rows.length), after(1, columns.length)];
  const padded = model.node("Pad", [apart, model.integers(pads)]);
  return placed("channels-first", model.node("AveragePool", [padded], { kernel_shape: window }));
}
