import { type Caller, type ModelJobRow, newId } from "@graft/api";
import type { EvaluationView } from "../../packages/api/src/models/evaluation-view.ts";
import type { ExampleIds } from "./example-data.ts";
import type { ExampleId } from "./example-ids.ts";
import type { TestServices } from "./open-services.ts";

type Needed = Pick<Record<ExampleId, string>, "$run" | "$dataset" | "$sentUpload">;

const score = { ece: 0.1, nll: 0.3, bins: [] };
/** Of two pictures, one of which was taken for the other class. */
const FOUND: Omit<EvaluationView, "run" | "dataset" | "mistakes"> = {
  part: "validation",
  evaluation: {
    ...{ images: 2, accuracy: 0.5, loss: 0.7, macroF1: 0.4 },
    perClass: ["cats", "dogs"].map((label) => ({ label, images: 1, precision: 0.5, recall: 0.5, f1: 0.5 })),
    confusion: [
      [1, 0],
      [1, 0],
    ],
  },
  accuracyInterval: [0.1, 0.9],
  roc: null,
  calibration: { before: score, after: null, temperature: null, foldTemperatures: [] },
  notSure: { target: 0.95, threshold: null, precision: 0.5, coverage: 1 },
  labelErrors: [],
  unlike: { reason: "there are too few pictures" },
  notes: [{ code: "images", message: "2 images that were held back" }],
  ...{ nearDuplicates: [], splitGap: null, page: null, seenInTraining: [], broken: [] },
};
const MISTAKE = { path: "dogs/5.png", truth: "dogs", said: "cats", score: 0.6 };

/** Jobs over a run's model: none was worked on, they are as a server leaves them when they are completed. */
export async function exampleModelJobs(
  test: TestServices,
  caller: Caller,
  { $run: run, $dataset: dataset, $sentUpload: upload }: Needed,
): Promise<Pick<ExampleIds, "$modelJob" | "$sentJob">> {
  const ofDataset = { run, dataset, ...FOUND, mistakes: [{ image: "example", ...MISTAKE }] };
  const ofUpload = { run, ...FOUND, mistakes: [MISTAKE] };
  return {
    $modelJob: await completedJob(test, caller, { of: { run, dataset, upload: null }, found: ofDataset }),
    $sentJob: await completedJob(test, caller, { of: { run, dataset: null, upload }, found: ofUpload }),
  };
}

/** An evaluation that is over. @returns its id. */
export async function completedJob(
  { ports: { repository, clock }, services: { keeper } }: Pick<TestServices, "ports" | "services">,
  caller: Caller,
  {
    of,
    found,
    page = false,
  }: {
    readonly of: Pick<ModelJobRow, "run" | "dataset" | "upload">;
    readonly found: object;
    readonly page?: boolean;
  },
): Promise<string> {
  const now = clock();
  const id = newId();
  const row: ModelJobRow = {
    ...{ id, kind: "evaluate", ...of, owner: caller.identity.account.id, state: "queued" },
    asked: { kind: "evaluate", splitGap: false, page },
    ...{ isStopAsked: false, sent: null, result: null, progress: null, error: null, worker: "example" },
    ...{ createdAt: now, startedAt: now, endedAt: now },
  };
  await repository.modelJobs.create(row);
  await using kept = await keeper.keep(new TextEncoder().encode(JSON.stringify({ ...found, job: id })));
  await repository.modelJobs.update(id, { state: "completed", result: kept.hash });
  return id;
}
