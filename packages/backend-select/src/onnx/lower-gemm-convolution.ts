/**
 * Convolutions as one matrix product each, on channels-last values: what a convolution whose kernel trains is lowered to
 * on the CPU. ONNX Runtime packs a constant kernel for its blocked convolution once, but one that changes in every step is
 * moved to its layout and multiplied at half the speed of a plain product.
 *
 * The image is first laid out as columns, a row for each pixel of the result with all that the kernel sees there
 * [pixels, window · c] (im2col): a Gather by a table of places, padding being a row of zeros after the image. The kernel
 * [h, w, c, o] is a matrix [window · c, o] as it lies, and the weight gradient reuses the forward pass's columns.
 */
import { type Pair, paddingOf, type ValueId } from "@graft/core";
import { type Geometry, geometryOf } from "./convolution-geometry.ts";
import { type LowerSite, type OpOf, type Placed, placed } from "./lower-rows.ts";
import type { ValueName } from "./onnx-model.ts";
import type { Values } from "./values.ts";

const area = ([height, width]: Pair): number => height * width;

/** For each pixel of the result and each position of the kernel the pixel of the image that is seen; undefined: padding. */
function seenPixels({ image, result, window, strides, padding }: Geometry): (number | undefined)[] {
  const [top] = paddingOf(image[0], window[0], strides[0], padding);
  const [left] = paddingOf(image[1], window[1], strides[1], padding);
  const places: (number | undefined)[] = [];
  for (let y = 0; y < result[0]; y++)
    for (let x = 0; x < result[1]; x++)
      for (let row = 0; row < window[0]; row++)
        for (let column = 0; column < window[1]; column++) {
          const [seenY, seenX] = [y * strides[0] + row - top, x * strides[1] + column - left];
          const isInside = seenY >= 0 && seenY < image[0] && seenX >= 0 && seenX < image[1];
          places.push(isInside ? seenY * image[1] + seenX : undefined);
        }
  return places;
}

/** The other way round: for each pixel of the image and position of the kernel the result's pixel that saw it there. */
function seeingPixels(geometry: Geometry): (number | undefined)[] {
  const { image, result, window } = geometry;
  const positions = area(window);
  const places = new Array<number | undefined>(area(image) * positions).fill(undefined);
  for (const [at, seen] of seenPixels(geometry).entries()) {
    const [pixel, position] = [Math.floor(at / positions), at % positions];
    if (seen !== undefined && pixel < area(result)) places[seen * positions + position] = pixel;
  }
  return places;
}

/** x [b, h, w, c] → [b · rows, positions · c], row by row what the table names. */
function gathered(
  values: Values,
  id: ValueId,
  table: readonly (number | undefined)[],
  positions: number,
): ValueName {
  const { model } = values;
  const pixels = area(values.sizeOf(id));
  const channels = values.channelsOf(id);
  const isWhole = positions === 1 && table.every((place, at) => place === at) && table.length === pixels;
  if (isWhole) return flat(values, id);
  let source = model.node("Reshape", [values.get(id), model.integers([-1, pixels, channels])]);
  if (table.includes(undefined)) source = model.node("Pad", [source, model.integers([0, 0, 0, 0, 1, 0])]);
  const places = model.integers(table.map((place) => place ?? pixels));
  const rows = model.node("Gather", [source, places], { axis: 1 });
  return model.node("Reshape", [rows, model.integers([-1, positions * channels])]);
}

/** [b, h, w, c] → [b · h · w, c] */
function flat(values: Values, id: ValueId): ValueName {
  const { model } = values;
  return values.memo(`flat ${id}`, () =>
    model.node("Reshape", [values.get(id), model.integers([-1, values.channelsOf(id)])]),
  );
}

/** The image's columns, made once for the forward pass and the kernel's gradient. */
function columns(values: Values, id: ValueId, geometry: Geometry): ValueName {
  return values.memo(`columns ${id} ${JSON.stringify(geometry)}`, () =>
    gathered(values, id, seenPixels(geometry), area(geometry.window)),
  );
}

export function lowerConv2dAsGemm(site: LowerSite<OpOf<"conv2d">>): Placed {
  const { values, node, op, x } = site;
  const { model } = values;
  const geometry = geometryOf(site);
  const seen = columns(values, x(0), geometry);
  const outputs = values.channelsOf(x(1));
  const kernel = model.node("Reshape", [values.get(x(1)), model.integers([-1, outputs])]);
  const bias = node.inputs.length > 2 ? [values.get(x(2))] : [];
  const sums = model.node("Gemm", [seen, kernel, ...bias]);
  const active = op.activation === "relu" ? model.node("Relu", [sums]) : sums;
  return placed("rows", model.node("Reshape", [active, model.integers([-1, ...geometry.result, outputs])]));
}

export function lowerInputGradientAsGemm(site: LowerSite<OpOf<"conv2d-input-gradient">>): Placed {
  const { values, x } = site;
  const { model } = values;
  const geometry = geometryOf(site);
  const [channels, outputs] = [Number(values.node(x(1)).shape[2]), values.channelsOf(x(1))];
  const positions = area(geometry.window);
  const seeing = gathered(values, x(0), seeingPixels(geometry), positions);
  const shape = model.integers([-1, ...geometry.image, channels]);
  const matrix = (lengths: readonly number[]): ValueName =>
    model.node("Reshape", [values.get(x(1)), model.integers(lengths)]);
  if (positions === 1) {
    const dx = model.node("Gemm", [seeing, matrix([channels, outputs])], { transB: 1 });
    return placed("rows", model.node("Reshape", [dx, shape]));
  }
  const turned = model.node("Transpose", [matrix([positions, channels, outputs])], { perm: [0, 2, 1] });
  const kernel = model.node("Reshape", [turned, model.integers([-1, channels])]);
  return placed("rows", model.node("Reshape", [model.node("Gemm", [seeing, kernel]), shape]));
}

export function lowerKernelGradientAsGemm(site: LowerSite<OpOf<"conv2d-kernel-gradient">>): Placed {
  const { values, node, x } = site;
  const { model } = values;
  const seen = columns(values, x(0), geometryOf(site));
  const product = model.node("Gemm", [seen, flat(values, x(1))], { transA: 1 });
  return placed("rows", model.node("Reshape", [product, model.integers(node.shape.map(Number))]));
}
