/**
 * Convolutions with a kernel along one axis (1 × 7, 7 × 1) that trains, in the frequency domain, on channels-last values.
 * A plain product (lower-gemm-convolution.ts) multiplies [pixels, c] · [c, o] for each position of the kernel; with the
 * matrices A, B and C of circular-product.ts fewer do: a line of 7 pixels under a kernel of 7 takes 14 products a line
 * instead of 49.
 *
 * With X = A · x, W = B · w, Y = X · W (a matrix product for each row of A and B) and y = C · Y the gradients are the
 * same products turned round: dY = Cᵀ · dy, dx = Aᵀ · (dY · Wᵀ), dw = Bᵀ · (Xᵀ · dY). X, W and dY are made once.
 */
import { paddingOf, type ValueId } from "@graft/core";
import { circularProduct, circularRank, type SlidAxis } from "./circular-product.ts";
import { type Geometry, geometryOf } from "./convolution-geometry.ts";
import { type LowerSite, type OpOf, type Placed, placed } from "./lower-rows.ts";
import { type Matrix, matrixTimes, turned } from "./matrix.ts";
import type { ValueName } from "./onnx-model.ts";
import type { Values } from "./values.ts";

/**
 * The products must be at most this part of the plain ones: going to frequencies and back has its own price. Measured: at
 * 0.55 (3 × 3 pixels under a kernel of 3) as fast as plain products, at 0.53 (224-pixel images' mixed9) a tenth faster.
 */
const MOST_PART = 0.6;

/** The axis that a kernel of one line slides along: 0 height, 1 width. */
const axisOf = ({ window }: Geometry): 0 | 1 => (window[0] > 1 ? 0 : 1);

function slidAxis(geometry: Geometry): SlidAxis {
  const { image, result, window, padding } = geometry;
  const axis = axisOf(geometry);
  const [before] = paddingOf(image[axis], window[axis], 1, padding);
  return { image: image[axis], kernel: window[axis], result: result[axis], before };
}

/** True where this is the faster way. */
export function convolvesByFrequencies(geometry: Geometry): boolean {
  const { window, strides } = geometry;
  if (Math.max(...strides) > 1 || Math.min(...window) > 1) return false;
  const axis = slidAxis(geometry);
  return circularRank(axis) <= MOST_PART * axis.result * axis.kernel;
}

/** x [b, h, w, c], its lines cut across the axis, times a matrix [r, length] → [r, lines, c]. */
function toFrequencies(values: Values, id: ValueId, geometry: Geometry, transform: Matrix): ValueName {
  const { model } = values;
  const [size, channels] = [values.sizeOf(id), values.channelsOf(id)];
  // what lies behind the axis moves as one
  const behind = axisOf(geometry) === 0 ? size[1] * channels : channels;
  const lines = model.node("Reshape", [values.get(id), model.integers([-1, transform.columns, behind])]);
  const across = model.node("Transpose", [lines], { perm: [1, 0, 2] });
  const flat = model.node("Reshape", [across, model.integers([transform.columns, -1])]);
  const sums = matrixTimes(model, transform, flat);
  return model.node("Reshape", [sums, model.integers([transform.rows, -1, channels])]);
}

/** The way back: [r, lines, c], times a matrix [length, r] → [b, h, w, c] of the size given. */
function fromFrequencies(
  { values, node }: LowerSite,
  sums: ValueName,
  geometry: Geometry,
  transform: Matrix,
): ValueName {
  const { model } = values;
  const [height, width, channels] = node.shape.slice(1).map(Number) as [number, number, number];
  const behind = axisOf(geometry) === 0 ? width * channels : channels;
  const flat = model.node("Reshape", [sums, model.integers([transform.columns, -1])]);
  const across = matrixTimes(model, transform, flat);
  const lines = model.node("Reshape", [across, model.integers([transform.rows, -1, behind])]);
  const turnedBack = model.node("Transpose", [lines], { perm: [1, 0, 2] });
  return model.node("Reshape", [turnedBack, model.integers([-1, height, width, channels])]);
}

/** X [rank, lines, c], made once for the convolution and the kernel's gradient. */
const imageFrequencies = (values: Values, id: ValueId, geometry: Geometry): ValueName =>
  values.memo(`image frequencies ${id} ${JSON.stringify(geometry)}`, () =>
    toFrequencies(values, id, geometry, circularProduct(slidAxis(geometry)).ofImage),
  );

/** dY [rank, lines, o], made once for both gradients. */
const resultFrequencies = (values: Values, id: ValueId, geometry: Geometry): ValueName =>
  values.memo(`result frequencies ${id} ${JSON.stringify(geometry)}`, () =>
    toFrequencies(values, id, geometry, turned(circularProduct(slidAxis(geometry)).ofResult)),
  );

/** W [rank, c, o], made once for the convolution and the image's gradient. */
function kernelFrequencies(values: Values, id: ValueId, geometry: Geometry): ValueName {
  return values.memo(`kernel frequencies ${id} ${JSON.stringify(geometry)}`, () => {
    const { model } = values;
    const { ofKernel } = circularProduct(slidAxis(geometry));
    const [channels, outputs] = values.sizeOf(id, 2);
    const flat = model.node("Reshape", [values.get(id), model.integers([ofKernel.columns, -1])]);
    const shape = model.integers([ofKernel.rows, channels, outputs]);
    return model.node("Reshape", [matrixTimes(model, ofKernel, flat), shape]);
  });
}

const transposed = (values: Values, matrices: ValueName): ValueName =>
  values.model.node("Transpose", [matrices], { perm: [0, 2, 1] });

export function lowerConv2dByFrequencies(site: LowerSite<OpOf<"conv2d">>): Placed {
  const { values, node, op, x } = site;
  const { model } = values;
  const geometry = geometryOf(site);
  const image = imageFrequencies(values, x(0), geometry);
  const sums = model.node("MatMul", [image, kernelFrequencies(values, x(1), geometry)]);
  let name = fromFrequencies(site, sums, geometry, circularProduct(slidAxis(geometry)).ofResult);
  if (node.inputs.length > 2) name = model.node("Add", [name, values.get(x(2))]);
  return placed("rows", op.activation === "relu" ? model.node("Relu", [name]) : name);
}

export function lowerInputGradientByFrequencies(site: LowerSite<OpOf<"conv2d-input-gradient">>): Placed {
  const { values, x } = site;
  const geometry = geometryOf(site);
  const kernel = transposed(values, kernelFrequencies(values, x(1), geometry));
  const sums = values.model.node("MatMul", [resultFrequencies(values, x(0), geometry), kernel]);
  const transform = turned(circularProduct(slidAxis(geometry)).ofImage);
  return placed("rows", fromFrequencies(site, sums, geometry, transform));
}

export function lowerKernelGradientByFrequencies(site: LowerSite<OpOf<"conv2d-kernel-gradient">>): Placed {
  const { values, node, x } = site;
  const { model } = values;
  const geometry = geometryOf(site);
  const image = transposed(values, imageFrequencies(values, x(0), geometry));
  const sums = model.node("MatMul", [image, resultFrequencies(values, x(1), geometry)]);
  const transform = turned(circularProduct(slidAxis(geometry)).ofKernel);
  const flat = model.node("Reshape", [sums, model.integers([transform.columns, -1])]);
  const shape = model.integers(node.shape.map(Number));
  return placed("rows", model.node("Reshape", [matrixTimes(model, transform, flat), shape]));
}
