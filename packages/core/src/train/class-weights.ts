import type { TrainConfig } from "../config/config.ts";

/**
 * How much a sample of each class counts. `balanced` is scikit-learn's: n / (classes that occur · n of the class); a
 * class without a sample weighs 0.
 */
export function classWeights(
  mode: TrainConfig["classWeights"],
  labels: readonly number[],
  numClasses: number,
): readonly number[] {
  if (mode === "none") return new Array<number>(numClasses).fill(1);
  const counts = new Array<number>(numClasses).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  const occurring = counts.filter((count) => count > 0).length;
  return counts.map((count) => (count === 0 ? 0 : labels.length / (occurring * count)));
}
