import type { HeadSpec } from "../head/types.ts";

/** Writes the labels of a batch as the loss takes them: [n, units] one-hot, or for a sigmoid [n, 1]: 1 for the second class. */
export function fillLabels(out: Float32Array, labels: readonly number[], spec: HeadSpec): void {
  if (spec.activation === "sigmoid") {
    out.set(labels);
    return;
  }
  out.fill(0);
  for (const [row, label] of labels.entries()) out[row * spec.units + label] = 1;
}

/** Keras's label smoothing: y · (1 − share) + share / classes, for a sigmoid's one column with two classes. */
export function smoothLabels(labels: Float32Array, share: number, { numClasses }: HeadSpec): void {
  for (const [at, label] of labels.entries()) labels[at] = label * (1 - share) + share / numClasses;
}
