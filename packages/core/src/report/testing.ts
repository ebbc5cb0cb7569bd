import { assessPredictions } from "../metrics/assess.ts";
import { scorePredictions } from "../metrics/score.ts";
import type { Prediction } from "../metrics/types.ts";
import { testRandom } from "../testing/random.ts";
import type { EvaluationReport } from "./types.ts";

/** A picture of one pixel. */
export const PIXEL = "data:image/webp;base64,UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA";

/** A report on random answers, for tests. */
export function sampleReport(
  labels: readonly string[],
  change: Partial<EvaluationReport> = {},
): EvaluationReport {
  const random = testRandom(3);
  const truth = Array.from({ length: 60 }, (_, i) => i % labels.length);
  const predictions = truth.map((label): Prediction => {
    const raw = labels.map((_, i) => random.next() + (i === label ? 0.7 : 0));
    const sum = raw.reduce((a, b) => a + b, 0);
    const probabilities = Float32Array.from(raw, (value) => value / sum);
    const score = Math.max(...probabilities);
    return { label: probabilities.indexOf(score), score, probabilities };
  });
  const hashes = truth.map((_, i) => String(i).padStart(4, "0"));
  const numClasses = labels.length;
  return {
    model: "model",
    dataset: "On 60 images",
    labels,
    evaluation: scorePredictions(labels, truth, predictions),
    assessment: assessPredictions({ numClasses, truth, predictions, hashes, precisionTarget: 0.95 }),
    notes: [],
    epochs: [],
    ...{ mistakes: [], totalMistakes: 0, labelErrors: [], totalLabelErrors: 0 },
    ...{ duplicates: [], totalDuplicates: 0, unlike: { reason: "Not known." } },
    about: [["images", "60"]],
    machine: [["graft", "0.1.0"]],
    ...change,
  };
}
