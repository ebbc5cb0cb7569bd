import {
  CoreError,
  createStoredRun,
  type Folder,
  type HeldBackAnswers,
  type Model,
  type NewRun,
  type OpenDatasetRequest,
  type OpenedDataset,
  type OpenedModel,
  openStoredRun,
  preparedBy,
  type RunInFolder,
  type RunStore,
  readModel,
  type SaveModelRequest,
  type StoredRun,
  verifyModel,
  type Workspace,
  writeModel,
} from "@graft/core";
import { notThere } from "../identity/identity.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { RunRepository, SearchRepository } from "../ports/repository.ts";
import type { RunRow } from "../ports/rows.ts";
import type { SearchRow } from "../ports/search-rows.ts";
import { ANSWERS_FILE, encodeAnswers } from "./answers-file.ts";
import type { FrozenStore } from "./frozen-store.ts";
import { leasedRun } from "./leased-run.ts";
import { patiently } from "./patient.ts";
import type { RunEvents } from "./run-events.ts";
import type { RunLocks } from "./run-lock.ts";
import type { RunPlatform } from "./run-platform.ts";

export interface RunWorkspaceOptions {
  readonly runs: RunRepository;
  readonly searches: Pick<SearchRepository, "get">;
  readonly blobs: BlobStore;
  readonly frozen: FrozenStore;
  /** A run's own folder. */
  readonly folderOf: (run: string) => Folder;
  readonly events: RunEvents;
  readonly locks: RunLocks;
  readonly platform: RunPlatform;
  readonly clock: Clock;
  /** Aborted when the host ends. */
  readonly signal: AbortSignal;
}

const MODEL = "model";

function notHere(what: string): () => Promise<never> {
  return () =>
    Promise.reject(
      new CoreError("unsupported", { what: `The host of a worker cannot ${what}: the worker can.` }),
    );
}

/**
 * A host's end of the worker protocol: a run's or a search's id is its data set's name, too, which is frozen; images are blobs; a
 * run's files are core's, in its folder; its events and its lock are rows.
 */
export class RunWorkspace implements Workspace {
  readonly signal: AbortSignal;
  readonly versions: Readonly<Record<string, string>>;
  readonly now: Clock;
  readonly clock = (): number => performance.now();
  readonly decodeAhead = 1;
  readonly runs: RunStore;
  readonly #options: RunWorkspaceOptions;

  constructor(options: RunWorkspaceOptions) {
    this.#options = options;
    this.signal = options.signal;
    this.versions = options.platform.versions;
    this.now = options.clock;
    this.runs = {
      create: (run) => this.#create(run),
      open: (id) => this.#open(id),
      list: notHere("list runs"),
      remove: notHere("remove a run"),
    };
  }

  readonly onEvent = (): void => undefined;

  async openDataset(name: string, { onEvent }: OpenDatasetRequest = {}): Promise<OpenedDataset> {
    const { blobs, frozen, signal } = this.#options;
    const { frozen: hash } = (await this.#search(name)) ?? (await this.#row(name));
    const { dataset, split } = await patiently(() => frozen.read(hash), { signal });
    const { length } = dataset.images;
    onEvent?.({ type: "scan", done: length, total: length });
    return {
      ...{ dataset, split, prepare: preparedBy("none-0", notHere("decode pictures")) },
      read: ({ hash }) => patiently(() => blobs.read(hash), { signal }),
    };
  }

  async hasDataset(name: string): Promise<boolean> {
    return ((await this.#options.runs.get(name)) ?? (await this.#search(name))) !== undefined;
  }

  locate(name: string): { readonly location: string; readonly shortName: string } {
    return { location: name, shortName: name };
  }

  openUnlabelled = notHere("open pictures of no class");
  selectBackend = notHere("compute");
  checkInt8 = notHere("compute");
  encode = notHere("draw pictures");
  machine = notHere("say where it is done");

  loadWeights: Workspace["loadWeights"] = (request) => this.#options.platform.loadWeights(request);
  hasWeights: Workspace["hasWeights"] = (name) => this.#options.platform.hasWeights(name);
  lasting: Workspace["lasting"] = (config) => config;
  hasFeatures = async (): Promise<boolean> => true;
  features: Workspace["features"] = () => this.#options.platform.features();

  async openModel(run: string): Promise<OpenedModel> {
    const model = await readModel(this.#options.folderOf(run).folder(MODEL));
    return { model, run: await this.#open(run) };
  }

  async saveModel(model: Model, { run, trial }: SaveModelRequest): Promise<string> {
    const { folderOf, runs, signal } = this.#options;
    const folder = folderOf(run.id);
    const where = await patiently(() => writeModel(model, { folder, path: MODEL }, { force: true }), {
      signal,
    });
    await verifyModel(folder.folder(MODEL), model, trial ?? { images: [] });
    await patiently(() => runs.update(run.id, { hasModel: true }), { signal });
    return where;
  }

  async saveAnswers(answers: HeldBackAnswers, run: StoredRun): Promise<void> {
    const { folderOf, signal } = this.#options;
    await patiently(() => folderOf(run.id).replace(ANSWERS_FILE, [encodeAnswers(answers)]), { signal });
  }

  /** A run as its workers see it; undefined for one that none has begun yet. */
  async begun(run: string): Promise<StoredRun | undefined> {
    return (await this.#options.folderOf(run).size("run.json")) === undefined ? undefined : this.#open(run);
  }

  #search(name: string): Promise<SearchRow | undefined> {
    const { searches, signal } = this.#options;
    return patiently(() => searches.get(name), { signal });
  }

  async #row(run: string): Promise<RunRow> {
    const { runs, signal } = this.#options;
    const row = await patiently(() => runs.get(run), { signal });
    if (row) return row;
    throw notThere("run", run);
  }

  async #create(run: NewRun): Promise<StoredRun> {
    const { id } = run;
    if (id === undefined) throw new TypeError("a server's run has its id");
    await this.#row(id);
    const { folderOf, platform, signal } = this.#options;
    const folder = folderOf(id);
    if ((await folder.size("run.json")) !== undefined)
      throw new CoreError("conflict", { what: "This run was begun already.", received: id });
    const options = platform.crc32 ? { crc32: platform.crc32 } : {};
    return this.#leased(
      await patiently(
        async () => {
          // what a worker left that was killed while it made them
          await folder.clear();
          return createStoredRun(folder, { ...run, id }, options);
        },
        { signal },
      ),
    );
  }

  async #open(id: string): Promise<StoredRun> {
    const { folderOf, platform, signal } = this.#options;
    await this.#row(id);
    const options = platform.crc32 ? { crc32: platform.crc32 } : {};
    return this.#leased(await patiently(() => openStoredRun(folderOf(id), id, options), { signal }));
  }

  #leased(run: RunInFolder): StoredRun {
    const { events, locks, runs, signal } = this.#options;
    const change = async (given: Parameters<RunRepository["update"]>[1]): Promise<void> => {
      await runs.update(run.id, given);
      events.changed(run.id);
    };
    return leasedRun(run, { events, locks, signal, change });
  }
}
