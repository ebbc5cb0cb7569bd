import type { SelectedBackend } from "../backend/selection.ts";
import type { Dataset, Part, Split } from "../dataset/types.ts";
import { type EvaluationResult, evaluateModel } from "../evaluate/evaluate.ts";
import { type EvaluationImages, evaluationImages } from "../evaluate/evaluation-images.ts";
import { type Findings, findingsOf } from "../evaluate/findings.ts";
import { type EvaluationNote, evaluationNotes } from "../evaluate/notes.ts";
import { checkSplitGap, measureSplitGap } from "../evaluate/split-gap.ts";
import { openFeaturePredictor } from "../predict/predict.ts";
import type { FeaturePredictor } from "../predict/predict-graph.ts";
import type { SplitGap } from "../report/types.ts";
import { compareWithTraining, type NotCompared } from "./compare-with-training.ts";
import { locationOf } from "./open-dataset.ts";
import type { OpenedDataset, OpenedModel, Workspace } from "./workspace.ts";

/** How far an evaluation is; trainings on other splits come last. */
export interface EvaluationProgress {
  readonly phase: "images" | "split-gap";
  readonly done: number;
  readonly total: number;
}

export interface EvaluateJobOptions {
  readonly model: OpenedModel;
  /** The data set's name. */
  readonly dataset: string;
  /** Where the labels are. @default as the training was told, when it is the same data set */
  readonly labelsFrom?: string | undefined;
  /** The split that the model was trained with. @default that of the model's run, when it is here */
  readonly split?: Split | undefined;
  /** Images of the training, to compare with. @default those of the run's data set, when both are here */
  readonly training?: OpenedDataset | undefined;
  /** Which images. @default validation where there is one, else test, else all */
  readonly part?: Part | "all" | undefined;
  /** @default the fastest usable */
  readonly backend?: string | undefined;
  /** Wanted share of right answers for the "not sure" threshold, in (0, 1]. @default 0.95 */
  readonly precisionTarget?: number | undefined;
  /** Measure what a split that knows no look-alikes would say, too. @default false */
  readonly splitGap?: boolean;
  /** Hears of the data set before any image goes through the network. */
  readonly onDataset?: (dataset: Dataset) => void;
  readonly onProgress?: (progress: EvaluationProgress) => void;
}

/** What a model is worth on a data set. Holds the engine's memory of the model until it is disposed of. */
export interface Evaluated extends Disposable {
  readonly opened: OpenedDataset;
  readonly chosen: EvaluationImages;
  readonly result: EvaluationResult;
  /** What is to be looked at, image by image. */
  readonly findings: Findings;
  /** The first says which images were looked at. */
  readonly notes: readonly EvaluationNote[];
  /** Why nothing was compared with the training; undefined when it was. */
  readonly notCompared: NotCompared | undefined;
  readonly splitGap: SplitGap | undefined;
  readonly selected: SelectedBackend;
  /** The model at work: its answers can be explained. */
  readonly predictor: FeaturePredictor;
}

type Needs = Parameters<typeof compareWithTraining>[0] & Pick<Workspace, "locate" | "selectBackend">;

/**
 * Scores a model on a data set: how often it is right, how far its answers can be trusted, what is to be looked at.
 * @throws CoreError as `Workspace.openDataset` and `selectBackend`; `not-found` for a part without an image; `unsupported`
 * for the split gap of a fine-tuned model; as `evaluateModel`.
 */
export async function evaluateJob(workspace: Needs, options: EvaluateJobOptions): Promise<Evaluated> {
  const { model: openedModel, dataset: name, precisionTarget, onProgress } = options;
  const { model, run } = openedModel;
  const { decodeAhead, signal } = workspace;
  if (options.splitGap === true) checkSplitGap(model);
  const opened = await workspace.openDataset(name, {
    purpose: "score",
    knownLabels: model.manifest.labels,
    labelsFrom: labelsFromOf(workspace, options),
  });
  const { dataset, prepare } = opened;
  options.onDataset?.(dataset);
  const chosen = evaluationImages(dataset, options.split ?? run?.split, options.part);
  const selected = await workspace.selectBackend(options.backend);
  const { backend } = selected;
  // a model that has learned its likeness needs no image of its training for it
  const training = model.manifest.likeness
    ? undefined
    : await compareWithTraining(workspace, {
        ...{ model: openedModel, backend, opened, training: options.training },
      });
  const predictor = await openFeaturePredictor(model, backend);
  try {
    const result = await evaluateModel({
      ...{ model, prepare, predictor, backend, images: chosen.images, labels: dataset.labels },
      ...(training && "images" in training ? { training } : {}),
      ...(precisionTarget === undefined ? {} : { precisionTarget }),
      ...{ source: name, decodeAhead, signal },
      onProgress: (progress) => onProgress?.({ phase: "images", ...progress }),
    });
    const findings = findingsOf(result, model.manifest.labels, { dataset, chosen });
    const splitGap = options.splitGap
      ? await measureSplitGap({
          ...{ model, dataset, prepare, backend, decodeAhead, signal },
          store: await workspace.features(),
          onProgress: (progress) => onProgress?.({ phase: "split-gap", ...progress }),
        })
      : undefined;
    return {
      ...{ opened, chosen, result, findings, splitGap, selected, predictor },
      notes: evaluationNotes(result, chosen),
      notCompared: training && "code" in training ? training : undefined,
      [Symbol.dispose]: () => predictor.dispose(),
    };
  } catch (error) {
    predictor.dispose();
    throw error;
  }
}

function labelsFromOf(
  workspace: Needs,
  { labelsFrom, model: { run }, dataset }: EvaluateJobOptions,
): string | undefined {
  if (labelsFrom !== undefined) return labelsFrom;
  const isOfRun = run !== undefined && locationOf(run) === workspace.locate(dataset).location;
  return isOfRun ? run.record.config.labelsFrom : undefined;
}
