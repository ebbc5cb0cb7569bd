import type { HostTensor } from "../graph/host-tensor.ts";
import type { Prediction } from "../metrics/types.ts";
import type { HeadSpec } from "./types.ts";

/**
 * The class that row `row` of probabilities [n, units] stands for: for a sigmoid the second when P > 0.5 (Keras's
 * binary accuracy), else the first of the largest.
 */
export function predictedLabel(probabilities: HostTensor["data"], row: number, spec: HeadSpec): number {
  if (spec.activation === "sigmoid") return (probabilities[row] ?? 0) > 0.5 ? 1 : 0;
  const start = row * spec.units;
  let best = 0;
  for (let label = 1; label < spec.units; label++) {
    if ((probabilities[start + label] ?? 0) > (probabilities[start + best] ?? 0)) best = label;
  }
  return best;
}

/** A head's probabilities [n, units] as one prediction a row; a sigmoid's column becomes two probabilities. */
export function predictionsOf(probabilities: HostTensor, spec: HeadSpec): Prediction[] {
  const { data, shape } = probabilities;
  return Array.from({ length: shape[0] ?? 0 }, (_, row) => {
    const label = predictedLabel(data, row, spec);
    const second = data[row] ?? 0;
    const ofClasses =
      spec.activation === "sigmoid"
        ? Float32Array.of(1 - second, second)
        : Float32Array.from(data.subarray(row * spec.units, (row + 1) * spec.units));
    return { label, score: ofClasses[label] ?? 0, probabilities: ofClasses };
  });
}
