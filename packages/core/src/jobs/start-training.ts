import type { TrainConfig } from "../config/config.ts";
import { splitWarnings } from "../dataset/dataset-warnings.ts";
import { flipWarning } from "../dataset/flip-warning.ts";
import { checkSplit, drawSplit } from "../dataset/split.ts";
import type { EventMaker } from "../events/event-maker.ts";
import type { TrainEvent } from "../events/events.ts";
import { checkInt8Use } from "./check-int8-use.ts";
import { datasetNotes, type JobNote, readingOf } from "./open-dataset.ts";
import { openingEvents } from "./opening-events.ts";
import type { Training } from "./training.ts";
import type { Workspace } from "./workspace.ts";

export interface StartTraining {
  readonly config: TrainConfig;
  /** The data set as a person named it. */
  readonly dataset: string;
  /** Id of the run. @default a new one, of the data set's name and the time */
  readonly run?: string;
  /** Number of the first event, for a host that has told some of the run before. @default 0 */
  readonly firstSeq?: number;
  /** Where the model goes, as the host finds it from elsewhere. @default the run's own place */
  readonly out?: string | undefined;
  /** A model that is there may be replaced. @default false */
  readonly force?: boolean;
  /**
   * Share of the images that the training must not see at all, not even to choose its epoch; a data set that comes with its
   * split has its own. @default 0
   */
  readonly testFraction?: number;
  /** The words after `graft`, for the record. */
  readonly command?: readonly string[];
}

/**
 * Opens what a training needs and makes its run; what it needs is refused before the first image is computed. Whether a model
 * may be written to `out` the host asks before: here it is seen when the model is.
 * @throws CoreError as the workspace; `bad-input` for a data set that cannot be split, or whose own split leaves a class without
 * an image to learn from.
 */
export async function* startTraining(
  workspace: Workspace,
  job: StartTraining,
  { id, events }: { readonly id: string; readonly events: EventMaker },
): AsyncGenerator<TrainEvent, Training> {
  const { config, out, force = false, testFraction = 0, command } = job;
  const { location, shortName } = workspace.locate(job.dataset);
  const note = (told: JobNote): TrainEvent => events.make({ type: "note", ...told });
  const opened = yield* openingEvents(workspace, { phase: "scan", events }, (onEvent) =>
    workspace.openDataset(location, { ...readingOf(config), onEvent }),
  );
  const { dataset } = opened;
  if (opened.split) checkSplit(dataset, opened.split);
  const split =
    opened.split ?? drawSplit(dataset, { seed: config.seed, fraction: config.valSplit, testFraction });
  const mirrored = flipWarning(dataset.labels, config);
  for (const told of datasetNotes(dataset)) yield note(told);
  for (const { code, message } of splitWarnings(dataset, split)) yield note({ code, message });
  if (mirrored) yield note({ code: mirrored.code, message: mirrored.message });
  const selected = await workspace.selectBackend(config.backend);
  const ofInt8 = await checkInt8Use(workspace, config, selected.backend);
  if (ofInt8) yield note(ofInt8);
  const weights = yield* openingEvents(workspace, { phase: "trunk", events }, (onEvent) =>
    workspace.loadWeights({ ...config, onEvent }),
  );
  const { images, labels, broken } = dataset;
  const run = await workspace.runs.create({
    ...{ id, config: workspace.lasting(config), datasetName: shortName },
    dataset: { location, images: images.length, labels, broken: broken.length },
    ...{ split, images: dataset, weights },
    ...(command ? { command } : {}),
    ...(out === undefined ? {} : { out, force }),
  });
  return { run, opened, weights, selected, out, mayReplace: out === undefined || force };
}
