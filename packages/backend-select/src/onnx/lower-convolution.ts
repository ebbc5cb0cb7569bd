import { type Padding, type Pair, paddingOf } from "@graft/core";
import { geometryOf } from "./convolution-geometry.ts";
import {
  convolvesByFrequencies,
  lowerConv2dByFrequencies,
  lowerInputGradientByFrequencies,
  lowerKernelGradientByFrequencies,
} from "./lower-fourier-convolution.ts";
import {
  lowerConv2dAsGemm,
  lowerInputGradientAsGemm,
  lowerKernelGradientAsGemm,
} from "./lower-gemm-convolution.ts";
import { type LowerSite, type OpOf, type Placed, placed } from "./lower-rows.ts";
import type { ValueName } from "./onnx-model.ts";
import type { Values } from "./values.ts";

/** [top, left, bottom, right], as ONNX wants pads. */
export type Pads = readonly [top: number, left: number, bottom: number, right: number];

/** TensorFlow's padding, said in numbers: an odd zero goes after. */
export function padsOf(image: Pair, window: Pair, strides: Pair, padding: Padding): Pads {
  const [top, bottom] = paddingOf(image[0], window[0], strides[0], padding);
  const [left, right] = paddingOf(image[1], window[1], strides[1], padding);
  return [top, left, bottom, right];
}

export function lowerConv2d(site: LowerSite<OpOf<"conv2d">>): Placed {
  const { values, node, op, x } = site;
  // a quantised kernel is there as one already, and does not train either
  const isFrozen = values.node(x(1)).kind === "constant" || values.has(x(1), "kernel");
  const geometry = geometryOf(site);
  if (site.traits.trainsByGemm && !isFrozen)
    return convolvesByFrequencies(geometry) ? lowerConv2dByFrequencies(site) : lowerConv2dAsGemm(site);
  const { model } = values;
  const { image, window } = geometry;
  const pads = padsOf(image, window, op.strides, op.padding);
  const inputs = [values.get(x(0), "channels-first"), values.get(x(1), "kernel")];
  if (node.inputs.length > 2) inputs.push(values.get(x(2)));
  const sums = model.node("Conv", inputs, { kernel_shape: window, strides: op.strides, pads });
  return placed("channels-first", op.activation === "relu" ? model.node("Relu", [sums]) : sums);
}

/** A kernel [h, w, in, out] turned by 180° and read the other way: [in, out, h, w]. */
function turnedKernel(values: Values, kernel: number, [height, width]: Pair): ValueName {
  const { model } = values;
  let name = values.get(kernel);
  if (height * width > 1) {
    const last = Number.MIN_SAFE_INTEGER; // beyond the first element, counted backwards
    const steps = [
      [-1, -1],
      [last, last],
      [0, 1],
      [-1, -1],
    ].map((list) => model.integers(list));
    name = model.node("Slice", [name, ...steps]);
  }
  return model.node("Transpose", [name], { perm: [2, 3, 0, 1] });
}

/**
 * Without strides a convolution of dy with the kernel turned round, as fast as the forward pass; with strides a transposed
 * convolution, whose zeros between the gradients no plain convolution would skip.
 */
export function lowerConv2dInputGradient(site: LowerSite<OpOf<"conv2d-input-gradient">>): Placed {
  const geometry = geometryOf(site);
  if (site.traits.trainsByGemm)
    return convolvesByFrequencies(geometry)
      ? lowerInputGradientByFrequencies(site)
      : lowerInputGradientAsGemm(site);
  const { values, op, x } = site;
  const { model } = values;
  const { image, window, result } = geometry;
  const dy = values.get(x(0), "channels-first");
  const [top, left, bottom, right] = padsOf(image, window, op.strides, op.padding);
  if (op.strides[0] === 1 && op.strides[1] === 1) {
    const pads = [window[0] - 1 - top, window[1] - 1 - left, window[0] - 1 - bottom, window[1] - 1 - right];
    const turned = turnedKernel(values, x(1), window);
    return placed("channels-first", model.node("Conv", [dy, turned], { kernel_shape: window, pads }));
  }
  const beyond = (axis: 0 | 1, padded: number): number =>
    image[axis] + padded - ((result[axis] - 1) * op.strides[axis] + window[axis]);
  const dx = model.node("ConvTranspose", [dy, values.get(x(1), "kernel")], {
    kernel_shape: window,
    strides: op.strides,
    pads: [top, left, bottom, right],
    output_padding: [beyond(0, top + bottom), beyond(1, left + right)],
  });
  return placed("channels-first", dx);
}

/**
 * One product for each position of the kernel: x under that position, [pixels, c] transposed, times dy [pixels, o] gives
 * its [c, o]. As one convolution with the batch for channels it runs at half the speed (DESIGN 3: measured).
 */
export function lowerConv2dKernelGradient(site: LowerSite<OpOf<"conv2d-kernel-gradient">>): Placed {
  const geometry = geometryOf(site);
  if (site.traits.trainsByGemm)
    return convolvesByFrequencies(geometry)
      ? lowerKernelGradientByFrequencies(site)
      : lowerKernelGradientAsGemm(site);
  const { values, node, op, x } = site;
  const { model } = values;
  const { image, window, result } = geometry;
  const [channels, outputs] = [Number(node.shape[2]), Number(node.shape[3])];
  const [top, left, bottom, right] = padsOf(image, window, op.strides, op.padding);
  let source = values.get(x(0));
  if (top + left + bottom + right > 0)
    source = model.node("Pad", [source, model.integers([0, top, left, 0, 0, bottom, right, 0])]);
  const padded: Pair = [image[0] + top + bottom, image[1] + left + right];
  const dy = model.node("Reshape", [values.get(x(1)), model.integers([-1, outputs])]);
  const products: ValueName[] = [];
  for (let row = 0; row < window[0]; row++) {
    for (let column = 0; column < window[1]; column++) {
      const end: Pair = [
        row + (result[0] - 1) * op.strides[0] + 1,
        column + (result[1] - 1) * op.strides[1] + 1,
      ];
      const whole = row === 0 && column === 0 && end[0] === padded[0] && end[1] === padded[1];
      const dense = op.strides[0] === 1 && op.strides[1] === 1;
      // made only where it is used: ONNX Runtime warns of constants that nothing reads
      const ranges = () => [[row, column], end, [1, 2], op.strides].map((list) => model.integers(list));
      const seen = whole && dense ? source : model.node("Slice", [source, ...ranges()]);
      const matrix = model.node("Reshape", [seen, model.integers([-1, channels])]);
      products.push(model.node("Gemm", [matrix, dy], { transA: 1 }));
    }
  }
  const joined = products.length === 1 ? (products[0] ?? "") : model.node("Concat", products, { axis: 0 });
  const shape = model.integers([...window, channels, outputs]);
  return placed("rows", model.node("Reshape", [joined, shape]));
}
