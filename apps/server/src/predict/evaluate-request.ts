import type { ModelEvaluation } from "@graft/api";
import {
  evaluateJob,
  type Model,
  type OpenedDataset,
  type OpenedModel,
  reportJob,
  toldEvaluation,
} from "@graft/core";
import type { Asked } from "./request-messages.ts";
import type { EvaluationWorkspace } from "./request-workspace.ts";

/** `graft evaluate` of a request's pictures, and its page where one is asked for. @throws CoreError as `evaluateJob`, `reportJob`. */
export async function evaluateRequest(
  workspace: EvaluationWorkspace,
  trained: Model,
  { pictures, part, split, splitGap = false, precisionTarget, page }: Asked<"evaluate">,
  training: OpenedDataset | undefined,
): Promise<ModelEvaluation> {
  const model: OpenedModel = { model: trained, run: undefined };
  using evaluated = await evaluateJob(workspace, {
    ...{ model, dataset: pictures.name, part, split, splitGap, precisionTarget, training },
  });
  const written =
    page &&
    (await reportJob(
      { ...workspace, versions: { graft: page.version } },
      { model, evaluated, title: page.title, dataset: page.dataset, training: page.training },
    ));
  return { ...toldEvaluation(evaluated), page: written ?? null };
}
