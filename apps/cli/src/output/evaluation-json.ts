import { MOST_TOLD, type ToldEvaluation } from "@graft/core";

/**
 * What `evaluate --json` says: the scores, `perClass` by label, the order of `confusion` in `labels`; and beside them
 * everything that the report shows, lists whole, images by path.
 */
export function evaluationJson(told: ToldEvaluation): Record<string, unknown> {
  const { accuracyInterval, roc, calibration, notSure, nearDuplicates, unlike, seenInTraining } = told;
  const { perClass, ...scores } = told.evaluation;
  return {
    labels: perClass.map(({ label }) => label),
    ...scores,
    perClass: new Map(perClass.map(({ label, ...score }) => [label, score])),
    accuracyInterval,
    auc: roc?.auc ?? null,
    roc: roc?.points ?? null,
    calibration,
    notSure,
    labelErrors: told.labelErrors.map(({ path, truth, said, score }) => {
      return { path, given: truth, suggested: said, score };
    }),
    nearDuplicates: nearDuplicates.map(({ by, across, images }) => {
      return {
        by,
        across,
        images: images.map(({ path, label, part }) => {
          return { path, label, ...(part === undefined ? {} : { part }) };
        }),
      };
    }),
    unlikeTraining: unlikeJson(unlike),
    ...(told.splitGap ? { splitGap: told.splitGap } : {}),
    part: told.part,
    seenInTraining: seenInTraining.length,
    seen: seenInTraining,
    mistakes: told.mistakes.slice(0, MOST_TOLD).map(({ path, truth, said, score }) => {
      return { path, truth, said, score };
    }),
  };
}

function unlikeJson(unlike: ToldEvaluation["unlike"]): object {
  if ("reason" in unlike) return { reason: unlike.reason };
  const { rule, threshold, usual, compared, pictures } = unlike;
  const images = pictures.map(({ path, said, distance }) => ({ path, said, distance }));
  return { rule, threshold, usual, compared, images };
}
