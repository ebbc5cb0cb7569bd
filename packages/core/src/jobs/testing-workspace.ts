/** A host that is memory alone, for tests: runs and their models in a folder of memory, features in a map, a data set that is drawn. */
import type { Backend } from "../backend/backend.ts";
import { preparedBy } from "../dataset/prepare-image.ts";
import type { Dataset, DatasetImage, Split } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";
import { verifyModel } from "../export/verify-model.ts";
import { writeModel } from "../export/write-model.ts";
import { createMemoryFeatureStore } from "../features/memory-store.ts";
import type { Folder } from "../files/folder.ts";
import { memoryFolder } from "../files/memory-folder.ts";
import { readModel } from "../model/read-model.ts";
import { createRandom } from "../numbers/random.ts";
import type { HeldBackAnswers } from "../predict/held-back-answers.ts";
import { createRunStore } from "../runs/run-store.ts";
import type { TrunkWeights } from "../trunk/types.ts";
import type { Workspace, WorkspaceEvent } from "./workspace.ts";

export interface TestingWorkspaceOptions {
  readonly backend: Backend;
  readonly dataset: Dataset;
  readonly weights: TrunkWeights;
  readonly signal?: AbortSignal;
  /** Of the runs. @default one of its own */
  readonly folder?: Folder;
  /** `OpenedDataset.split` @default none */
  readonly split?: Split;
}

/** @returns the host, with what it was told. */
export function testingWorkspace(options: TestingWorkspaceOptions): Workspace & {
  readonly heard: readonly WorkspaceEvent[];
  /** By run. */
  readonly answers: ReadonlyMap<string, HeldBackAnswers>;
} {
  const { backend, dataset, weights, folder = memoryFolder() } = options;
  const { signal = new AbortController().signal } = options;
  const heard: WorkspaceEvent[] = [];
  const answers = new Map<string, HeldBackAnswers>();
  const store = createMemoryFeatureStore();
  const runs = createRunStore(folder);
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
    ...{ signal, onEvent, heard, answers, runs, decodeAhead: 2, versions: { graft: "test" } },
    ...{ now: () => 0, clock: () => performance.now() },
    async openDataset(name, request = {}) {
      if (name !== dataset.source) throw missing(name);
      (request.onEvent ?? onEvent)({
        type: "scan",
        done: dataset.images.length,
        total: dataset.images.length,
      });
      const read = async ({ path }: DatasetImage): Promise<Uint8Array> => new TextEncoder().encode(path);
      return { dataset, prepare, read, ...(options.split ? { split: options.split } : {}) };
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
      return { model: await readModel(folder.folder(`${name}/model`)), run: await runs.open(name) };
    },
    async saveModel(model, { run, mayReplace, trial }) {
      const place = { folder, path: `${run.id}/model` };
      const where = await writeModel(model, place, { force: mayReplace });
      await verifyModel(folder.folder(place.path), model, trial ?? { images: [] });
      return where;
    },
    saveAnswers: async (given, run) => void answers.set(run.id, given),
    encode: async ({ data }) => data,
    machine: async () => ({ runtime: "test", platform: "memory", processor: "none", threads: 1 }),
  };
}
