import type { ModelEvaluation, WrongPicture } from "@graft/api";
import { evaluateJob, type Findings, type Model, serializeError } from "@graft/core";
import type { Asked } from "./request-messages.ts";
import type { RequestWorkspace } from "./request-workspace.ts";

const wrong = (found: Findings["mistakes"]): WrongPicture[] =>
  found.map(({ image, truth, said, score }) => ({ path: image.path, truth, said, score }));

/** `graft evaluate` of a request's pictures. @throws CoreError as `evaluateJob`. */
export async function evaluateRequest(
  workspace: RequestWorkspace,
  model: Model,
  { pictures, part, precisionTarget }: Asked<"evaluate">,
): Promise<ModelEvaluation> {
  using evaluated = await evaluateJob(workspace, {
    model: { model, run: undefined },
    dataset: pictures.name,
    ...{ part, precisionTarget },
  });
  const { result, findings, chosen, notes, notCompared } = evaluated;
  const { accuracyInterval, roc, calibration, notSure } = result.assessment;
  const { distances } = result;
  return {
    ...{ part: chosen.part, evaluation: result.evaluation, accuracyInterval, roc, calibration, notSure },
    mistakes: wrong(findings.mistakes),
    labelErrors: wrong(findings.labelErrors),
    unlike: distances
      ? {
          ...{ rule: distances.rule, threshold: distances.threshold, usual: distances.usual },
          pictures: (findings.unlike ?? []).map(({ image, said, distance }) => {
            return { path: image.path, said, distance };
          }),
        }
      : { reason: notCompared?.reason ?? "" },
    seenInTraining: result.seenInTraining.map(({ path }) => path),
    broken: result.broken.map(({ image, error }) => ({ path: image.path, error: serializeError(error) })),
    notes: notes.map(({ code, message }) => ({ code, message })),
  };
}
