import { CoreError } from "../errors.ts";
import type { EventMaker } from "../events/event-maker.ts";
import type { TrainEvent } from "../events/events.ts";
import { checkResumable } from "../runs/check-resumable.ts";
import type { StoredRun } from "../runs/types.ts";
import { checkInt8Use } from "./check-int8-use.ts";
import { locationOf, readingOf } from "./open-dataset.ts";
import { openingEvents } from "./opening-events.ts";
import type { Training } from "./training.ts";
import type { WeightsRequest, Workspace } from "./workspace.ts";

export interface ResumeTraining extends Pick<Training, "change" | "mayReplace" | "out"> {
  readonly run: StoredRun;
}

/** What a run began with and is no longer at its place is said of the run, not of a word that nobody typed. */
function missingError(
  error: unknown,
  { id, what, place }: { readonly id: string; readonly what: string; readonly place: string },
): unknown {
  if (!(error instanceof CoreError) || error.code !== "not-found") return error;
  return new CoreError(
    "not-found",
    {
      what: `The run ${id} cannot resume: its ${what} is gone.`,
      received: place,
      fix: "Move it back, put a link in its place, or start a new run.",
    },
    { cause: error, facts: error.facts },
  );
}

/** The weights that a run began with, as the host finds them. */
export function weightsOfRun({ record }: Pick<StoredRun, "record">): WeightsRequest {
  const { source, inputRange } = record.weights;
  // a file's origin is as it was typed, perhaps in another folder; the config has where it lies
  const { weights: lasting, cut } = record.config;
  const isNamed = source === "bundled" || source === "imagenet";
  return { weights: isNamed ? source : lasting, inputRange, cut };
}

/**
 * Opens what a stopped run goes on with: the data set, split, options and weights it began with.
 * @throws CoreError `conflict` when one of them is another by now, `not-found` when it is gone; as the workspace.
 */
export async function* resumeTraining(
  workspace: Workspace,
  { run, ...place }: ResumeTraining,
  { events }: { readonly events: EventMaker },
): AsyncGenerator<TrainEvent, Training> {
  const { id, record } = run;
  const location = locationOf(run) ?? record.datasetName;
  const opened = yield* openingEvents(workspace, { phase: "scan", events }, (onEvent) =>
    workspace
      .openDataset(location, { ...readingOf(record.config), onEvent })
      .catch(async (error: unknown) => {
        const isThere = await workspace.hasDataset(location);
        throw isThere ? error : missingError(error, { id, what: "data set", place: location });
      }),
  );
  const { weights: lasting } = record.config;
  const weights = yield* openingEvents(workspace, { phase: "trunk", events }, (onEvent) =>
    workspace.loadWeights({ ...weightsOfRun(run), onEvent }).catch(async (error: unknown) => {
      const isThere = await workspace.hasWeights(lasting);
      throw isThere ? error : missingError(error, { id, what: "weights file", place: lasting });
    }),
  );
  await checkResumable(await run.beginning(), { dataset: opened.dataset, weights });
  const selected = await workspace.selectBackend(record.config.backend);
  const ofInt8 = await checkInt8Use(workspace, record.config, selected.backend);
  if (ofInt8) yield events.make({ type: "note", ...ofInt8 });
  return { run, opened, weights, selected, ...place };
}
