import {
  type AccountRow,
  type ClassRow,
  type DatasetRow,
  type EditRow,
  type ImageRow,
  type ModelJobRow,
  newId,
  type RunRow,
  type SearchRow,
  type TokenRow,
  type UploadRow,
} from "@graft/api";
import { type SearchResult, trainConfigSchema } from "@graft/core";

/** A time like today's: more than 32 bits. */
export const NOW = 1_795_000_000_000;

let counter = 0;
/** A sha256 that nothing else in the tests has. */
export const newHash = (): string => (counter++).toString(16).padStart(64, "0");

export const sampleAccount = (change: Partial<AccountRow> = {}): AccountRow => {
  const id = newId();
  return { id, name: `Ada ${id}`, role: "member", group: null, createdAt: NOW, endsAt: null, ...change };
};

export const sampleToken = (account: string, change: Partial<TokenRow> = {}): TokenRow => ({
  ...{ id: newId(), account, name: "laptop", role: "member", scope: {}, hash: newHash() },
  ...{ createdAt: NOW, endsAt: null, lastUsedAt: null, lastFrom: null, revokedAt: null },
  ...change,
});

export const sampleDataset = (owner: string, change: Partial<DatasetRow> = {}): DatasetRow => ({
  ...{ id: newId(), owner, name: "Leaves", createdAt: NOW, changedAt: NOW, lastEdit: 0 },
  ...{ split: { seed: 1, fraction: 0.2, groupPrefix: true, kind: "drawn", version: 1 }, notes: [] },
  ...change,
});

export const sampleClass = (dataset: string, change: Partial<ClassRow> = {}): ClassRow => ({
  ...{ id: newId(), dataset, name: "ash", position: 0, isOff: false },
  ...change,
});

export const sampleImage = (dataset: string, change: Partial<ImageRow> = {}): ImageRow => {
  const id = newId();
  return {
    ...{ id, dataset, path: `${id}.jpg`, hash: newHash(), bytes: 1000, class: null, use: "in", reason: null },
    ...{
      facts: { width: 4, height: 3, format: "jpeg", perceptualHash: "00ff00ff00ff00ff" },
      group: null,
      part: null,
      thumbnail: null,
    },
    ...{ addedAt: NOW, addedBy: "nobody" },
    ...change,
  };
};

export const sampleEdit = (dataset: string, number: number, change: Partial<EditRow> = {}): EditRow => ({
  ...{ dataset, number, kind: "move", at: NOW + number, by: "nobody", of: null, isUndone: false },
  ...{ images: [], classes: [] },
  ...change,
});

export const sampleUpload = (dataset: string, change: Partial<UploadRow> = {}): UploadRow => ({
  ...{ id: newId(), dataset, account: "nobody", createdAt: NOW, state: "open", class: null, heardAt: NOW },
  ...{ labelsFrom: null, labelTable: null, known: null, progress: null, result: null, error: null },
  ...change,
});

export const sampleRun = (
  dataset: string,
  change: Partial<Omit<RunRow, "number">> = {},
): Omit<RunRow, "number"> => ({
  ...{
    id: newId(),
    dataset,
    owner: "nobody",
    name: null,
    state: "queued",
    config: trainConfigSchema.parse({}),
  },
  ...{ images: { train: 4, validation: 1, test: 0 }, stopAsked: null },
  ...{ frozen: newHash(), frozenEdit: 0, createdAt: NOW, startedAt: null, endedAt: null, metrics: null },
  ...{ error: null, lastSeq: -1, worker: null, backend: null, hasModel: false, rerunOf: null },
  ...change,
});

export const sampleSearch = (dataset: string, change: Partial<SearchRow> = {}): SearchRow => ({
  ...{ id: newId(), dataset, owner: "nobody", kind: "find-rate", state: "queued", isStopAsked: false },
  ...{
    config: { size: 75 },
    axes: null,
    pool: null,
    frozen: newHash(),
    images: { train: 4, validation: 1, test: 0 },
  },
  ...{ createdAt: NOW, startedAt: null, endedAt: null, progress: null, result: null, error: null },
  ...{ worker: null, ...change },
});

export const sampleModelJob = (run: string, change: Partial<ModelJobRow> = {}): ModelJobRow => ({
  ...{ id: newId(), kind: "export", run, dataset: null, upload: null, owner: "nobody", state: "queued" },
  ...{ isStopAsked: false, asked: { kind: "export", format: "onnx" }, sent: null, result: null },
  ...{ createdAt: NOW, startedAt: null, endedAt: null, progress: null, error: null, worker: null },
  ...change,
});

/** What a sweep of one line found; a head of the second one diverged. */
export const SAMPLE_SWEEP: SearchResult = {
  kind: "sweep",
  sweep: {
    rows: [
      {
        ...{ recipe: "gap", size: 75, cut: "mixed0", learningRate: 0.001 },
        ...{ accuracy: { mean: 0.9, deviation: 0 }, loss: { mean: 0.1 + 0.2, deviation: 0 } },
        ...{ diverged: 0, modelBytes: 1000, predictMs: 1.5 },
      },
      {
        ...{ recipe: "classic", size: 75, cut: "mixed0", learningRate: 10 },
        ...{ accuracy: { mean: null, deviation: null }, loss: { mean: null, deviation: null } },
        ...{ diverged: 1, modelBytes: 2000, predictMs: 2.5 },
      },
    ],
    recommended: 0,
    reason: "it is the most accurate",
    images: { train: 4, validation: 1 },
  },
};
