import { type ConstantNode, type Op, QUANTIZED_RANGES, type Shape } from "@graft/core";
import { type LowerSite, type Placed, placed } from "./lower-rows.ts";
import type { OnnxModel, ValueName } from "./onnx-model.ts";
import type { Layout } from "./values.ts";

type FakeQuantize = Extract<Op, { readonly op: "fake-quantize" }>;
type WholeNumbers = Int8Array | Uint8Array | Int32Array;

const ARRAYS = { int8: Int8Array, uint8: Uint8Array, int32: Int32Array } as const;

/** Quantised in float32 like the engine's own QuantizeLinear; halves go to the even number. */
function wholeNumbersOf({ type, scales, zeroPoint }: FakeQuantize, { data }: ConstantNode): WholeNumbers {
  const [low, high] = QUANTIZED_RANGES[type];
  const result = new ARRAYS[type](data.length);
  const rounded = Float32Array.from(scales);
  for (const [i, x] of data.entries()) {
    const quotient = Math.fround(x / (rounded[i % rounded.length] ?? 1));
    const up = Math.round(quotient);
    const whole = up - quotient === 0.5 && up % 2 !== 0 ? up - 1 : up;
    result[i] = Math.min(high, Math.max(low, whole + zeroPoint));
  }
  return result;
}

/** [h, w, in, out] → [out, in, h, w] */
function kernelOrder(data: WholeNumbers, shape: Shape): WholeNumbers {
  const [height = 1, width = 1, inputs = 1, outputs = 1] = shape.map(Number);
  const moved = data.slice();
  const pixels = height * width;
  let from = 0;
  for (let pixel = 0; pixel < pixels; pixel++)
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++) moved[(o * inputs + i) * pixels + pixel] = data[from++] ?? 0;
  return moved;
}

const scalesOf = (model: OnnxModel, { scales }: FakeQuantize): ValueName =>
  scales.length === 1
    ? model.scalar(scales[0] ?? 1)
    : model.floats([scales.length], Float32Array.from(scales));

/** One zero point for each scale: its type is what QuantizeLinear makes. */
function zeroPointOf(model: OnnxModel, { type, scales, zeroPoint }: FakeQuantize): ValueName {
  const whole = new ARRAYS[type](scales.length).fill(zeroPoint);
  return model.wholeNumbers(scales.length === 1 ? [] : [scales.length], whole);
}

/** The axis of a value in rows that scales stand along, as DequantizeLinear wants to be told. */
function axisOf({ scales }: FakeQuantize, rank: number, layout: Layout): { readonly axis?: number } {
  if (scales.length === 1) return {};
  return { axis: layout === "rows" ? rank - 1 : layout === "kernel" ? 0 : 1 };
}

/** Weights are stored as whole numbers, kernels in the order that convolutions take. */
function lowerConstant(model: OnnxModel, op: FakeQuantize, constant: ConstantNode, layout: Layout): Placed {
  const { shape } = constant;
  const whole = wholeNumbersOf(op, constant);
  const [height = 1, width = 1, inputs = 1, outputs = 1] = shape;
  const name =
    layout === "kernel"
      ? model.wholeNumbers([outputs, inputs, height, width], kernelOrder(whole, shape))
      : model.wholeNumbers(shape, whole);
  const parameters = [name, scalesOf(model, op), zeroPointOf(model, op)];
  return placed(layout, model.node("DequantizeLinear", parameters, axisOf(op, shape.length, layout)));
}

/** By arithmetic: QuantizeLinear makes no int32. */
function lowerInt32({ values, op, x }: LowerSite<FakeQuantize>): Placed {
  const { model } = values;
  const [low, high] = QUANTIZED_RANGES.int32;
  const scales = scalesOf(model, op);
  const steps = model.node("Round", [model.node("Div", [values.get(x(0)), scales])]);
  const bounds = [model.scalar(low - op.zeroPoint), model.scalar(high - op.zeroPoint)];
  return placed("rows", model.node("Mul", [model.node("Clip", [steps, ...bounds]), scales]));
}

/**
 * QuantizeLinear and DequantizeLinear around what is to be computed on whole numbers: the form ("QDQ") from which ONNX
 * Runtime and other engines make integer convolutions. Constants are stored as whole numbers.
 * @param isKernel only convolutions read the result, as their kernel.
 */
export function lowerFakeQuantize(site: LowerSite<FakeQuantize>, isKernel: boolean): Placed {
  const { values, op, x } = site;
  const { model } = values;
  const source = values.node(x(0));
  if (source.kind === "constant") return lowerConstant(model, op, source, isKernel ? "kernel" : "rows");
  if (op.type === "int32") return lowerInt32(site);
  const layout = values.shared([x(0)]);
  const parameters = [scalesOf(model, op), zeroPointOf(model, op)];
  const axis = axisOf(op, source.shape.length, layout);
  const whole = model.node("QuantizeLinear", [values.get(x(0), layout), ...parameters], axis);
  return placed(layout, model.node("DequantizeLinear", [whole, ...parameters], axis));
}
