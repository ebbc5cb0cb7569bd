import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Caller, DatasetRow, Job, Jobs, RunRow, WorkerRow } from "@graft/api";
import { createMemoryFeatureStore, type FeatureStore, type TrainEvent, type Workspace } from "@graft/core";
import { cacheFolders, cacheStatus } from "@graft/core/node";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { LocalWorkers, type LocalWorkersOptions } from "../../../apps/server/src/workers/local-workers.ts";
import { RemoteWorkers } from "../../../apps/server/src/workers/remote/remote-workers.ts";
import { workForServer } from "../../../apps/server/src/workers/remote/work-for-server.ts";
import type { TrainersOptions } from "../../../apps/server/src/workers/trainers.ts";
import { temporaryFolder } from "../../cli/run-graft.ts";
import { itLong } from "../../long.ts";
import { openTestStore } from "../open-store.ts";
import { copyEmoji, lossesOf } from "../workers/host.ts";
import { serveWorkers, type WorkersServer } from "../workers/workers-server.ts";
import {
  addFolder,
  dataOf,
  type Kept,
  keptOn,
  modelBytes,
  newCaller,
  openServer,
  type TestServer,
} from "./open-runs.ts";

/** 80 pictures of each class, 2 copies of those that are learned from: three shards, of 64, 64 and 32 pictures. */
const CONFIG = {
  ...{
    weights: "bundled",
    backend: "cpu",
    size: 75,
    cut: "mixed3",
    epochs: 2,
    batchSize: 32,
    earlyStop: null,
  },
  ...{ augment: {}, variants: 2 },
} as const;
/** Of a machine that does much else. */
const BUSY_MS = 400_000;
const PATIENT = { timeout: BUSY_MS, interval: 5 };

describe("a run's features in shards", { timeout: BUSY_MS }, () => {
  let kept: Kept;
  let server: TestServer;
  let workers: LocalWorkers;
  let anna: Caller;
  let dataset: DatasetRow;
  /** Of one worker. */
  let alone: { readonly model: string; readonly losses: ReturnType<typeof lossesOf> };
  /** Shards that were begun, with who began them. */
  const begun: Job[] = [];
  const errors: unknown[] = [];

  /** The queue, whose shards are noted when somebody begins them. */
  const noting = (jobs: Jobs): Jobs =>
    new Proxy(jobs, {
      get(_, name) {
        if (name === "claim")
          return async (claim: Parameters<Jobs["claim"]>[0]) => {
            const job = await jobs.claim(claim);
            if (job?.kind === "extract") begun.push(job);
            return job;
          };
        const value: unknown = Reflect.get(jobs, name);
        return typeof value === "function" ? value.bind(jobs) : value;
      },
    });
  /** Engines of the spaces that rows were put into. */
  const engines = new Set<string>();
  let features: FeatureStore = createMemoryFeatureStore();
  /** The server's, with the cache of the test. */
  const workspace = (): Workspace =>
    new Proxy(server.workspace, {
      get(of, name) {
        if (name === "features")
          return async (): Promise<FeatureStore> => ({
            ...features,
            putMany: (space, rows) => {
              engines.add(space.engineVersion);
              return features.putMany(space, rows);
            },
          });
        const value: unknown = Reflect.get(of, name);
        return typeof value === "function" ? value.bind(of) : value;
      },
    });
  const trainers = (): TrainersOptions => ({
    ...{ jobs: noting(server.jobs), workers: kept.repository.workers, workspace: workspace() },
    ...{ train: server.handler.handle, clock: Date.now, version: "test", cache: "here" },
    log: { error: (error) => errors.push(error), worker: () => undefined },
  });
  const rows = (): Promise<readonly WorkerRow[]> => kept.repository.workers.list();
  const startWorkers = async (
    count: number,
    options: Partial<LocalWorkersOptions> = {},
  ): Promise<LocalWorkers> => {
    const started = new LocalWorkers({ ...trainers(), count, home: kept.home, env: process.env, ...options });
    await vi.waitUntil(async () => (await rows()).length === count, PATIENT);
    return started;
  };
  const create = async (): Promise<string> =>
    (await server.as(anna).runs.create({ dataset: dataset.id, config: CONFIG })).id;
  const ended = async (run: string): Promise<readonly TrainEvent[]> => {
    const events: TrainEvent[] = [];
    for await (const sent of await server.as(anna).runs.events({ run })) events.push(dataOf(sent));
    return events;
  };
  const rowOf = async (run: string): Promise<RunRow | undefined> => kept.repository.runs.get(run);
  const hashOf = async (run: string): Promise<string> =>
    createHash("sha256")
      .update(await modelBytes(kept.folderOf(run)))
      .digest("hex");
  const shards = async (): Promise<readonly Job[]> =>
    (await server.jobs.list()).filter(({ kind }) => kind === "extract");
  /** A shard under way, of the run's own worker or of a helper. */
  const shardOf = async (run: string, whose: "own" | "helper"): Promise<Job> => {
    let found: Job | undefined;
    const look = async (): Promise<boolean> => {
      const worker = (await rowOf(run))?.worker;
      found = (await shards()).find(
        (shard) => shard.state === "active" && (shard.worker === worker) === (whose === "own"),
      );
      return found !== undefined;
    };
    await expect.poll(look, PATIENT).toBe(true);
    if (!found) throw new TypeError("it was found");
    return found;
  };
  /** Kills the child of a worker's row. */
  const kill = async (worker: string | undefined): Promise<void> => {
    const { name } = (await kept.repository.workers.list()).find(({ id }) => id === worker) ?? {};
    const pid = workers.pids[Number(name?.slice("worker ".length)) - 1];
    if (pid === undefined) throw new TypeError(`${name} lives`);
    process.kill(pid, "SIGKILL");
  };
  const expectWhole = async (run: string, events: readonly TrainEvent[]): Promise<void> => {
    expect(events.at(-1)).toMatchObject({ type: "run-end", status: "completed" });
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, at) => at));
    expect(lossesOf(events)).toEqual(alone.losses);
    expect(await hashOf(run)).toBe(alone.model);
  };
  /** The numbers of one worker, and nothing is left in the line. */
  const expectAlone = async (run: string, events: readonly TrainEvent[]): Promise<void> => {
    await expectWhole(run, events);
    expect(await shards()).toEqual([]);
  };

  // nothing is computed yet, and nothing was noted
  beforeEach(() => {
    features = createMemoryFeatureStore();
    engines.clear();
    begun.length = 0;
    errors.length = 0;
  });
  beforeAll(async () => {
    const set = join(await temporaryFolder("shards-set"), "emoji");
    await copyEmoji(set, 80);
    kept = await keptOn(await openTestStore("pglite"));
    anna = await newCaller(kept);
    dataset = await addFolder(kept, anna, set);
    server = await openServer(kept);
    // one that tells nobody of itself, and so has no helpers
    const worker = server.work();
    const id = await create();
    await vi.waitUntil(async () => (await rowOf(id))?.state === "running", PATIENT);
    const starting = startWorkers(3);
    const events = await ended(id);
    alone = { model: await hashOf(id), losses: lossesOf(events) };
    await worker.close();
    workers = await starting;
  }, BUSY_MS);
  afterAll(async () => {
    await workers.close(10_000);
    await server[Symbol.asyncDispose]();
    await kept[Symbol.asyncDispose]();
  });

  it("are computed by several workers to the last bit of one's, each once, and told of as they come", async () => {
    const id = await create();
    const events = await ended(id);
    await expectAlone(id, events);
    expect(new Set(begun.map(({ id: shard }) => shard)).size).toBe(begun.length);
    expect(new Set(begun.map(({ worker }) => worker)).size).toBeGreaterThan(1);
    const images = begun.map(({ shard }) => (shard ? shard.to - shard.from : 0));
    expect(images.reduce((sum, count) => sum + count, 0)).toBe(160);
    const done = events.flatMap((event) =>
      event.type === "progress" && event.phase === "features" ? [event.done] : [],
    );
    expect(done).toEqual([...new Set(done)].toSorted((a, b) => a - b));
    expect(done.at(-1)).toBe(2 * 128 + 32);
    expect(errors).toEqual([]);
    // what is there already is offered to nobody
    begun.length = 0;
    await ended(await create());
    expect(begun).toEqual([]);
  });

  itLong("lose nothing when a helper is killed in the middle of one: it is done again", async () => {
    const id = await create();
    const { id: shard, worker } = await shardOf(id, "helper");
    await kill(worker);
    const events = await ended(id);
    await expectAlone(id, events);
    expect(await server.jobs.get(shard)).toMatchObject({ state: "done", attempts: 2 });
    expect(errors).toMatchObject([{ code: "backend" }]);
    expect(events.filter(({ type }) => type === "run-end")).toHaveLength(1);
  });

  it("go on when the run's own worker is killed in the middle of one", async () => {
    const id = await create();
    await shardOf(id, "own");
    const { worker } = (await rowOf(id)) ?? {};
    await kill(worker ?? undefined);
    const events = await ended(id);
    await expectAlone(id, events);
    expect(events.filter(({ type }) => type === "run-end")).toMatchObject([
      { status: "interrupted", error: { code: "backend" } },
      { status: "completed" },
    ]);
  });

  it("end with a run that is cancelled while some wait", async () => {
    const id = await create();
    await shardOf(id, "own");
    await server.as(anna).runs.cancel({ run: id });
    expect((await ended(id)).at(-1)).toMatchObject({ type: "run-end", status: "cancelled" });
    expect(await rowOf(id)).toMatchObject({ state: "cancelled", stopAsked: null });
    await expect.poll(shards, PATIENT).toEqual([]);
    for (const { id: shard } of begun)
      expect(["done", "cancelled"]).toContain((await server.jobs.get(shard))?.state);
    // and its workers are free
    const other = await create();
    await expectAlone(other, await ended(other));
  });

  it("are read and written where they lie by workers that share the home's cache, each once", async () => {
    await workers.close(10_000);
    const home = await temporaryFolder("shards-home");
    workers = await startWorkers(3, { home, sharesHome: true });
    const id = await create();
    await expectAlone(id, await ended(id));
    expect(new Set(begun.map(({ worker }) => worker)).size).toBeGreaterThan(1);
    const rowsIn = async (of: string): Promise<number> => (await cacheStatus(cacheFolders(of))).entries;
    // one that the run's own worker had not found would be there twice
    expect(await rowsIn(home)).toBe(await rowsIn(kept.home));
    // and nobody holds a pack any more: one that is given up is gone from the disk
    const owned = async (): Promise<readonly string[]> =>
      (await readdir(cacheFolders(home).features, { recursive: true })).filter((path) =>
        /(\.[^.]+\.pack|\.lease)$/.test(path),
      );
    await expect.poll(owned, PATIENT).toEqual([]);
    // the host was given none
    expect([...engines]).toEqual([]);
    expect(errors).toEqual([]);
  });

  describe("and a worker of another machine", () => {
    let remote: RemoteWorkers;
    let port: WorkersServer;
    let attic: string;
    const controller = new AbortController();
    let worked: Promise<void>;
    const proofOf = (digit: string) => ({ "onnx:cpu": digit.repeat(64) });

    const comes = async (): Promise<void> => {
      const found = async (): Promise<string | undefined> =>
        (await rows()).find(({ name }) => name === "attic")?.id;
      attic = await vi.waitUntil(found, PATIENT);
    };
    beforeAll(async () => {
      await workers.close(10_000);
      const { id } = server.work({
        groups: ["onnx:cpu@here"],
        workspace: workspace(),
        jobs: noting(server.jobs),
      });
      await kept.repository.workers.put({
        ...{
          id,
          name: "worker 1",
          version: "test",
          kind: "local",
          backends: ["onnx:cpu"],
          threads: 1,
          job: null,
        },
        ...{ names: ["onnx:cpu", "cpu"], owner: null, state: "ready" },
        ...{ groups: ["onnx:cpu@here"], startedAt: Date.now(), heardAt: Date.now() + BUSY_MS },
      });
      remote = new RemoteWorkers({ ...trainers(), ownProofs: async () => proofOf("1") });
      port = await serveWorkers(() => remote);
      worked = workForServer({
        ...{ server: port.url, token: port.token, version: "test", home: kept.home, env: process.env },
        ...{ signal: controller.signal, onLog: () => undefined, name: "attic", threads: 1 },
        backends: { ids: ["onnx:cpu"], names: ["onnx:cpu", "cpu"], proofs: proofOf("0") },
      });
      await comes();
    });
    afterAll(async () => {
      controller.abort();
      await worked;
      await remote.close(1000);
      await port[Symbol.asyncDispose]();
    });

    itLong("that computes other bits takes whole runs, in a space of its own", async () => {
      const shown = (await server.as(anna).queue.workers()).map(({ name, ownFeatures }) => [
        name,
        ownFeatures,
      ]);
      expect(shown).toContainEqual(["attic", ["onnx:cpu"]]);
      expect(shown).toContainEqual(["worker 1", []]);
      const ids = [await create(), await create()];
      for (const id of ids) await expectWhole(id, await ended(id));
      expect(await Promise.all(ids.map(async (id) => (await rowOf(id))?.worker))).toContain(attic);
      expect(begun).toEqual([]);
      const [own = "", ...others] = [...engines].toSorted((a, b) => a.length - b.length);
      expect(others).toEqual([`${own} (${"0".repeat(16)})`]);
    });

    it("that computes the same takes shards of the others' runs", async () => {
      await remote.close(1000);
      remote = new RemoteWorkers({ ...trainers(), ownProofs: async () => proofOf("0") });
      await comes();
      const id = await create();
      await expectAlone(id, await ended(id));
      expect(new Set(begun.map(({ worker }) => worker)).size).toBe(2);
      expect(begun.map(({ worker }) => worker)).toContain(attic);
      expect(engines.size).toBe(1);
    });
  });
});
