/** A server's runs for tests: rows on a store, blobs in a folder, a queue, and workers of this process that share nothing with it. */
import { join } from "node:path";
import { crc32 } from "node:zlib";
import {
  type ApiContext,
  apiRouter,
  BlobKeeper,
  type BlobStore,
  type Caller,
  type ClassRow,
  createServices,
  type DatasetRow,
  type ImageRow,
  type Jobs,
  newId,
  type Repository,
  runFolder,
  type Services,
  type Training,
} from "@graft/api";
import {
  CoreError,
  drawSplit,
  type Folder,
  type Part,
  type Port,
  portPair,
  type TrainEvent,
  WorkerHost,
  type Workspace,
} from "@graft/core";
import { NodeWorkspace } from "@graft/core/node";
import { isTrackedEnvelope } from "@trpc/server";
import { openBlobStore } from "../../../apps/server/src/blobs/open-blob-store.ts";
import { folderSpool } from "../../../apps/server/src/import/upload-spool.ts";
import { openJobs } from "../../../apps/server/src/queue/open-jobs.ts";
import type { PgBossJobs } from "../../../apps/server/src/queue/pg-boss-jobs.ts";
import { HomeFeatures } from "../../../apps/server/src/runs/home-features.ts";
import { ServerPlatform } from "../../../apps/server/src/runs/platform.ts";
import { JobClaimer } from "../../../apps/server/src/workers/job-claimer.ts";
import { TRAINER_KINDS } from "../../../apps/server/src/workers/trainers.ts";
import { temporaryFolder } from "../../cli/run-graft.ts";
import { workByMessages } from "../../protocol/worker-of-messages.ts";
import { sampleAccount } from "../contract/sample-rows.ts";
import { noPredictor } from "../no-predictor.ts";
import type { TestStore } from "../open-store.ts";

/** Everything that is kept when a server is killed. */
export interface Kept extends AsyncDisposable {
  readonly home: string;
  readonly store: TestStore;
  readonly repository: Repository;
  readonly blobs: BlobStore;
  readonly folderOf: (run: string) => Folder;
  /** Rows of runs and leases cannot be reached for a while. */
  away(ms: number): void;
}

/** The same rows, whose store cannot be reached while `isAway` says so. */
function behindTrouble<Rows extends object>(rows: Rows, isAway: () => boolean): Rows {
  return new Proxy(rows, {
    get(_, key) {
      const value: unknown = Reflect.get(rows, key);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) =>
        isAway()
          ? Promise.reject(new CoreError("unreadable", { what: "The store cannot be reached." }))
          : Reflect.apply(value, rows, given);
    },
  });
}

export async function keptOn(store: TestStore): Promise<Kept> {
  const home = await temporaryFolder("runs");
  let awayUntil = 0;
  const isAway = (): boolean => Date.now() < awayUntil;
  const repository: Repository = {
    ...store.repository,
    runs: behindTrouble(store.repository.runs, isAway),
    leases: behindTrouble(store.repository.leases, isAway),
  };
  const blobs = await openBlobStore(join(home, "blobs"));
  const keeper = new BlobKeeper({ repository, blobs, clock: Date.now });
  return {
    ...{ home, store, repository, blobs },
    folderOf: (run) => runFolder({ repository, blobs, keeper, clock: Date.now }, run),
    away(ms) {
      awayUntil = Date.now() + ms;
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** A worker, and what kills it. */
export interface TestWorker {
  readonly id: string;
  kill(): void;
  /** Stops what it does for now, and waits for that: the server ends. */
  close(): Promise<void>;
}

/** One server over what is kept. */
export interface TestServer extends AsyncDisposable {
  readonly services: Services;
  readonly features: HomeFeatures;
  readonly jobs: PgBossJobs;
  readonly errors: unknown[];
  readonly workspace: ReturnType<Training["workspace"]>;
  readonly handler: ReturnType<Training["handler"]>;
  /**
   * A new worker that claims jobs.
   * @param options.groups see `WorkerRow`. @param options.workspace @param options.jobs @default the server's
   */
  work(options?: {
    readonly groups?: readonly string[];
    readonly workspace?: Workspace;
    readonly jobs?: Jobs;
  }): TestWorker;
  /** Calls the API as somebody. */
  as(caller: Caller, signal?: AbortSignal): ReturnType<typeof apiRouter.createCaller>;
}

export async function openServer(kept: Kept): Promise<TestServer> {
  const { home, store, repository, blobs } = kept;
  const errors: unknown[] = [];
  const jobs = await openJobs({ database: store.queue, onError: (error) => errors.push(error) });
  const controller = new AbortController();
  const spool = folderSpool(join(home, "spool"));
  const features = new HomeFeatures(home, () => undefined);
  const services = createServices(
    { repository, blobs, jobs, spool, features, predictor: noPredictor, clock: Date.now, version: "test" },
    { isAlone: store.kind === "pglite" },
  );
  const platform = new ServerPlatform({
    ...{ home, features, env: { GRAFT_OFFLINE: "1" }, version: "test", signal: controller.signal },
  });
  const workspace = services.training.workspace(platform, controller.signal);
  const handler = services.training.handler(workspace);
  const workers: TestWorker[] = [];
  return {
    ...{ services, features, jobs, errors, workspace, handler },
    work({ groups = [], workspace: asked = workspace, jobs: queue = jobs } = {}) {
      const id = newId();
      let port: Port;
      const host = (): WorkerHost => {
        const [ofHost, ofWorker] = portPair();
        port = ofWorker;
        void workByMessages(ofWorker);
        return new WorkerHost({ port: ofHost, workspace: asked, crc32 });
      };
      let living = host();
      const claimer = new JobClaimer({
        ...{ jobs: queue, worker: id, kinds: TRAINER_KINDS, backends: ["cpu", "onnx:cpu"], groups },
        ...{ lookMs: 200, beatMs: 200 },
        handle: (job, context) => handler.handle(job, { ...context, host: living }),
        onError: (error) => errors.push(error),
      });
      const worker = {
        id,
        kill() {
          port.close();
          living = host();
        },
        async close() {
          await claimer.close();
          await living[Symbol.asyncDispose]();
        },
      };
      workers.push(worker);
      return worker;
    },
    as: (caller, signal) => {
      const { identity, from, request } = caller;
      const context: ApiContext = { identity, services, from, request };
      return apiRouter.createCaller(context, signal ? { signal } : {});
    },
    async [Symbol.asyncDispose]() {
      for (const worker of workers) await worker.close();
      controller.abort();
      await features[Symbol.asyncDispose]();
      await jobs[Symbol.asyncDispose]();
    },
  };
}

/** An account of its own, as a member. */
export async function newCaller({ repository }: Kept): Promise<Caller> {
  const account = sampleAccount();
  await repository.accounts.create(account);
  const token = { id: newId(), name: "laptop", role: account.role, scope: {}, endsAt: null };
  return { identity: { account, token }, from: "192.0.2.1", request: "r" };
}

/** A folder of classes as a data set of the caller's: as an upload of it makes it. */
export async function addFolder(
  { home, repository, blobs }: Kept,
  caller: Caller,
  folder: string,
): Promise<DatasetRow> {
  await using workspace = new NodeWorkspace({
    ...{ home, env: {}, versions: {}, signal: new AbortController().signal, onEvent: () => undefined },
    selectBackend: () => Promise.reject(new TypeError("nothing is computed")),
    checkInt8: () => Promise.reject(new TypeError("nothing is computed")),
  });
  const { dataset, read } = await workspace.openDataset(folder);
  const rule = { seed: 1, fraction: 0.2, groupPrefix: false, kind: "drawn", version: 1 } as const;
  const split = drawSplit(dataset, rule);
  const owner = caller.identity.account.id;
  const now = Date.now();
  const row: DatasetRow = {
    ...{
      id: newId(),
      owner,
      name: "emoji",
      createdAt: now,
      changedAt: now,
      lastEdit: 0,
      split: rule,
      notes: [],
    },
  };
  const classes = dataset.labels.map(
    (name, position): ClassRow => ({ id: newId(), dataset: row.id, name, position, isOff: false }),
  );
  await repository.datasets.create(row, classes);
  const images: ImageRow[] = [];
  for (const image of dataset.images) {
    const { path, hash, bytes, facts, group = null, label } = image;
    await blobs.put(await read(image), { hash });
    const part: Part = split.train.includes(hash) ? "train" : "validation";
    images.push({
      ...{ id: newId(), dataset: row.id, path, hash, bytes, facts, group, part, use: "in", reason: null },
      ...{ class: classes[label]?.id ?? null, thumbnail: null, addedAt: now, addedBy: owner },
    });
  }
  await repository.images.add(row.id, { classes: [], images, parts: new Map(), at: now });
  return row;
}

/** sha256 of a run's model's numbers. */
export async function modelBytes(folder: Folder): Promise<Uint8Array> {
  const bytes = await folder.read("model/weights.bin");
  if (!bytes) throw new Error("the run has no model");
  return bytes;
}

/** The event that a subscription sent: tRPC's types show its caller the form that clients see. */
export function dataOf(sent: unknown): TrainEvent {
  if (!isTrackedEnvelope<TrainEvent>(sent)) throw new TypeError("an event has its id");
  const [id, event] = sent;
  if (id !== String(event.seq)) throw new TypeError("an event's id is its number");
  return event;
}
