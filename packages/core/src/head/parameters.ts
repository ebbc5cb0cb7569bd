import type { HeadSpec } from "./types.ts";

/** One of a head's weights. */
export interface HeadParameter {
  readonly name: string;
  /** Kernel [inputs, outputs] or bias [outputs]. */
  readonly shape: readonly [number, number] | readonly [number];
}

/** Length of the vector that a head's first layer sees of one row of features ([h, w, c], or [c] when pooled). */
export function numHeadInputs(spec: HeadSpec, rowShape: readonly number[]): number {
  const channels = rowShape.at(-1) ?? 0;
  return spec.recipe === "gap" ? channels : rowShape.reduce((product, dim) => product * dim, 1);
}

/** A head's weights in the order of its layers; the names are Keras's layer names. */
export function headParameters(spec: HeadSpec, rowShape: readonly number[]): readonly HeadParameter[] {
  const dense = (name: string, inputs: number, outputs: number): HeadParameter[] => [
    { name: `${name}/kernel`, shape: [inputs, outputs] },
    { name: `${name}/bias`, shape: [outputs] },
  ];
  const inputs = numHeadInputs(spec, rowShape);
  if (spec.hidden === 0) return dense("predictions", inputs, spec.units);
  return [...dense("dense", inputs, spec.hidden), ...dense("predictions", spec.hidden, spec.units)];
}
