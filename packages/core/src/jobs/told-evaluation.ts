import type { Part } from "../dataset/types.ts";
import type { EvaluationNote } from "../evaluate/notes.ts";
import type { Mistake } from "../evaluate/told-mistakes.ts";
import type { Assessment } from "../metrics/assess.ts";
import type { TrainingDistances } from "../metrics/training-distance.ts";
import type { Evaluation } from "../metrics/types.ts";
import type { SplitGap } from "../report/types.ts";
import type { Evaluated } from "./evaluate-model.ts";

/** The same picture more than once in the data set. */
export interface ToldDuplicates {
  readonly by: "content" | "look";
  /** They are in more than one part of the split. */
  readonly across: boolean;
  readonly images: readonly { readonly path: string; readonly label: string; readonly part?: Part }[];
}

/** An evaluation in a message: plain JSON, pictures by their paths, lists whole. */
export interface ToldEvaluation
  extends Pick<Assessment, "accuracyInterval" | "roc" | "calibration" | "notSure"> {
  readonly part: Part | "all";
  readonly evaluation: Evaluation;
  /** Surest first. */
  readonly mistakes: readonly Mistake[];
  /** Least likely labels first; `said` is what the model would call them. */
  readonly labelErrors: readonly Mistake[];
  /** Groups that lie across parts first. */
  readonly nearDuplicates: readonly ToldDuplicates[];
  /** Pictures that are like nothing in the training, the farthest first; or why that is not known. */
  readonly unlike:
    | (Pick<TrainingDistances, "rule" | "threshold" | "usual" | "compared"> & {
        /** Pictures whose distance is known. */
        readonly of: number;
        readonly pictures: readonly {
          readonly path: string;
          readonly said: string;
          readonly distance: number;
        }[];
      })
    | { readonly reason: string };
  /** Paths of pictures that the head was trained on: the score over them flatters the model. */
  readonly seenInTraining: readonly string[];
  /** Could be read when the data set was opened, and no longer: in no score. */
  readonly broken: readonly {
    readonly path: string;
    readonly error: { readonly code: string; readonly message: string };
  }[];
  /** The first says which pictures were looked at. */
  readonly notes: readonly Pick<EvaluationNote, "code" | "message">[];
  readonly splitGap: SplitGap | null;
}

/** What an evaluation found, for whoever prints it or sends it on. */
export function toldEvaluation(evaluated: Evaluated): ToldEvaluation {
  const { result, findings, chosen, notes, notCompared, splitGap = null } = evaluated;
  const { accuracyInterval, roc, calibration, notSure } = result.assessment;
  const { distances } = result;
  const told = (found: typeof findings.mistakes): Mistake[] =>
    found.map(({ image, truth, said, score }) => ({ path: image.path, truth, said, score }));
  return {
    ...{ part: chosen.part, evaluation: result.evaluation, accuracyInterval, roc, calibration, notSure },
    ...{ mistakes: told(findings.mistakes), labelErrors: told(findings.labelErrors) },
    nearDuplicates: findings.nearDuplicates.map(({ by, across, images }) => {
      return { by, across, images: images.map(({ image, ...rest }) => ({ path: image.path, ...rest })) };
    }),
    unlike: distances
      ? {
          ...{ rule: distances.rule, threshold: distances.threshold, usual: distances.usual },
          ...{ compared: distances.compared, of: distances.distances.length },
          pictures: (findings.unlike ?? []).map(({ image, said, distance }) => {
            return { path: image.path, said, distance };
          }),
        }
      : { reason: notCompared?.reason ?? "" },
    seenInTraining: result.seenInTraining.map(({ path }) => path),
    broken: result.broken.map(({ image, error: { code, message } }) => {
      return { path: image.path, error: { code, message } };
    }),
    notes: notes.map(({ code, message }) => ({ code, message })),
    splitGap,
  };
}
