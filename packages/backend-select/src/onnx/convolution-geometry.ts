import type { Op, Padding, Pair } from "@graft/core";
import type { LowerSite } from "./lower-rows.ts";

export type ConvolutionOp = Extract<
  Op,
  { readonly op: "conv2d" | "conv2d-input-gradient" | "conv2d-kernel-gradient" }
>;

/** How a kernel goes over an image. */
export interface Geometry {
  readonly image: Pair;
  readonly result: Pair;
  /** Height and width of the kernel. */
  readonly window: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
}

/** The geometry of a convolution, the same from the op itself and from both its gradients. */
export function geometryOf({ values, node, op, x }: LowerSite<ConvolutionOp>): Geometry {
  const { strides, padding } = op;
  switch (op.op) {
    case "conv2d": {
      const result: Pair = [Number(node.shape[1]), Number(node.shape[2])];
      return { image: values.sizeOf(x(0)), window: values.sizeOf(x(1), 0), result, strides, padding };
    }
    case "conv2d-input-gradient": {
      const image: Pair = [op.height, op.width];
      return { image, window: values.sizeOf(x(1), 0), result: values.sizeOf(x(0)), strides, padding };
    }
    case "conv2d-kernel-gradient": {
      const window: Pair = [op.kernelHeight, op.kernelWidth];
      return { image: values.sizeOf(x(0)), window, result: values.sizeOf(x(1)), strides, padding };
    }
  }
}
