import type { EvaluationResult, Findings } from "@graft/core";

/**
 * What `evaluate --json` says: the scores, `perClass` by label, the order of `confusion` in `labels`; and beside them
 * everything that the report shows, lists whole, images by path.
 */
export function evaluationJson(
  result: EvaluationResult,
  findings: Findings,
  unlikeReason: string | undefined,
): Record<string, unknown> {
  const { accuracyInterval, roc, calibration, notSure } = result.assessment;
  const { distances } = result;
  const { perClass, ...scores } = result.evaluation;
  return {
    labels: perClass.map(({ label }) => label),
    ...scores,
    perClass: new Map(perClass.map(({ label, ...score }) => [label, score])),
    accuracyInterval,
    auc: roc?.auc ?? null,
    roc: roc?.points ?? null,
    calibration,
    notSure,
    labelErrors: findings.labelErrors.map(({ image, truth, said, score }) => {
      return { path: image.path, given: truth, suggested: said, score };
    }),
    nearDuplicates: findings.nearDuplicates.map(({ by, across, images }) => {
      return { by, across, images: images.map(({ image, ...rest }) => ({ path: image.path, ...rest })) };
    }),
    unlikeTraining: distances
      ? {
          rule: distances.rule,
          threshold: distances.threshold,
          usual: distances.usual,
          compared: distances.compared,
          images: (findings.unlike ?? []).map(({ image, said, distance }) => {
            return { path: image.path, said, distance };
          }),
        }
      : { reason: unlikeReason ?? "" },
  };
}
