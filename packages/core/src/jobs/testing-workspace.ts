/** A host that is memory alone, for tests: runs, features and models in maps, a data set that is drawn. */
import type { Backend } from "../backend/backend.ts";
import type { Checkpoint, CheckpointStore } from "../checkpoint/types.ts";
import { preparedBy } from "../dataset/prepare-image.ts";
import type { Dataset } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";
import type { TrainEvent } from "../events/events.ts";
import { createMemoryFeatureStore } from "../features/memory-store.ts";
import type { Model } from "../model/types.ts";
import { createRandom } from "../numbers/random.ts";
import { newRunId } from "../runs/run-id.ts";
import { parseRunRecord } from "../runs/run-record.ts";
import type { NewRun, RunStore, StoredRun } from "../runs/types.ts";
import type { TrunkWeights } from "../trunk/types.ts";
import type { Workspace, WorkspaceEvent } from "./workspace.ts";

function memoryCheckpoints(): CheckpointStore {
  let saved: Checkpoint | undefined;
  return {
    load: async () => saved,
    save: async (checkpoint) => {
      saved = structuredClone(checkpoint); // its arrays are written over afterwards
    },
    clear: async () => {
      saved = undefined;
    },
  };
}

function memoryRun(id: string, { weights, images: _, ...run }: NewRun): StoredRun {
  const { source, origin, sha256, inputRange } = weights;
  const created = new Date(0).toISOString();
  const parse = (json: unknown) => parseRunRecord(JSON.parse(JSON.stringify(json)), id);
  let record = parse({
    ...{ ...run, version: 1, id, created, updated: created, status: "created" },
    weights: { source, origin, sha256, inputRange },
  });
  const events: TrainEvent[] = [];
  let isLocked = false;
  return {
    ...{ id, split: run.split, checkpoints: memoryCheckpoints() },
    get record() {
      return record;
    },
    beginning: async () => ({ record, split: run.split, images: new Map() }),
    async updateRecord(change) {
      record = parse({ ...record, ...change });
      return record;
    },
    appendEvent: async (event) => void events.push(event),
    readEvents: async () => [...events],
    state: async () => (isLocked ? "running" : record.status === "running" ? "interrupted" : record.status),
    async lock() {
      if (isLocked) throw new CoreError("conflict", { what: `The run ${id} is being worked on.` });
      isLocked = true;
      return {
        [Symbol.asyncDispose]: async () => {
          isLocked = false;
        },
      };
    },
  };
}

/** The runs of a host that is memory alone. */
export function memoryRuns(): RunStore {
  const runs = new Map<string, StoredRun>();
  const find = (id: string): StoredRun => {
    const run = runs.get(id);
    if (!run) throw new CoreError("not-found", { what: "There is no such run.", received: id });
    return run;
  };
  return {
    async create(given) {
      const run = memoryRun(given.id ?? newRunId(given.datasetName, 0), given);
      runs.set(run.id, run);
      return run;
    },
    open: async (id) => find(id),
    list: async () =>
      Promise.all([...runs.values()].map(async (run) => ({ id: run.id, state: await run.state() }))),
    async remove(id) {
      runs.delete(find(id).id);
    },
  };
}

export interface TestingWorkspaceOptions {
  readonly backend: Backend;
  readonly dataset: Dataset;
  readonly weights: TrunkWeights;
  readonly signal?: AbortSignal;
}

/** @returns the host, with what it was told and the models that it keeps, by run. */
export function testingWorkspace(options: TestingWorkspaceOptions): Workspace & {
  readonly heard: readonly WorkspaceEvent[];
  readonly models: ReadonlyMap<string, Model>;
} {
  const { backend, dataset, weights, signal = new AbortController().signal } = options;
  const heard: WorkspaceEvent[] = [];
  const models = new Map<string, Model>();
  const store = createMemoryFeatureStore();
  const runs = memoryRuns();
  /** Noise of the image's own, brighter for later classes. */
  const prepare = preparedBy("drawn-1", async ({ hash, label }, { size }, augmentation, variants) =>
    variants.map((variant) => {
      const random = createRandom("pixels", hash, augmentation === null ? -1 : variant);
      return Uint8Array.from({ length: size * size * 3 }, () => random() * 100 + 100 * label);
    }),
  );
  const onEvent = (event: WorkspaceEvent): void => void heard.push(event);
  const missing = (name: string): CoreError =>
    new CoreError("not-found", { what: "There is no such data set.", received: name });
  return {
    ...{ signal, onEvent, heard, models, runs, decodeAhead: 2, versions: { graft: "test" } },
    ...{ now: () => 0, clock: () => performance.now() },
    async openDataset(name, request = {}) {
      if (name !== dataset.source) throw missing(name);
      (request.onEvent ?? onEvent)({
        type: "scan",
        done: dataset.images.length,
        total: dataset.images.length,
      });
      return { dataset, prepare };
    },
    hasDataset: async (name) => name === dataset.source,
    locate: (name) => ({ location: name, shortName: name }),
    openUnlabelled: async () => undefined,
    loadWeights: async () => weights,
    hasWeights: async () => true,
    lasting: (config) => config,
    selectBackend: async () => ({ backend, refusals: [] }),
    checkInt8: async () => ({ timesFaster: 1 }),
    hasFeatures: async () => store.bytes > 0,
    features: async () => store,
    async openModel(name) {
      const model = models.get(name);
      if (!model) throw new CoreError("not-found", { what: "There is no such model.", received: name });
      return { model, run: await runs.open(name) };
    },
    async saveModel(model, { run }) {
      models.set(run.id, model);
      return run.id;
    },
    encode: async ({ data }) => data,
    machine: async () => ({ runtime: "test", platform: "memory", processor: "none", threads: 1 }),
  };
}
