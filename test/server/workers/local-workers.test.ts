import { join } from "node:path";
import { newId, type WorkerRow } from "@graft/api";
import { usableThreads } from "@graft/backend-select";
import { serializeError } from "@graft/core";
import type { NodeWorkspace } from "@graft/core/node";
import type { Store } from "@graft/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLog } from "../../../apps/server/src/http/observe/log.ts";
import { openJobs } from "../../../apps/server/src/queue/open-jobs.ts";
import type { PgBossJobs } from "../../../apps/server/src/queue/pg-boss-jobs.ts";
import { jobLog } from "../../../apps/server/src/serve/job-log.ts";
import { LocalWorkers } from "../../../apps/server/src/workers/local-workers.ts";
import { graft, jsonLines, temporaryFolder } from "../../cli/run-graft.ts";
import { openTestStore } from "../open-store.ts";
import { copyEmoji, FLAGS, homeWorkspace, lossesOf, modelHash, Trainings } from "./host.ts";

describe("this machine's workers", () => {
  let folder: string;
  let home: string;
  let set: string;
  let store: Store;
  let jobs: PgBossJobs;
  let workspace: NodeWorkspace;
  /** What the command line says of the same training. */
  let commanded: { readonly losses: ReturnType<typeof lossesOf>; readonly model: string };
  const troubles: unknown[] = [];
  const lines: unknown[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  const log = openLog({ level: "info", hide: (text) => text, write });

  beforeAll(async () => {
    folder = await temporaryFolder("workers");
    home = join(folder, "home");
    set = join(folder, "emoji-few");
    await copyEmoji(set, 12);
    store = await openTestStore("pglite");
    jobs = await openJobs({ database: store.queue, onError: (error) => troubles.push(error) });
    workspace = homeWorkspace(home);
    const commandHome = join(folder, "command-home");
    const { code, stdout, stderr } = await graft(["train", set, ...FLAGS, "--json"], commandHome);
    if (code !== 0) throw new Error(stderr);
    const events = jsonLines(stdout);
    const run = String(events.at(-1)?.run);
    commanded = { losses: lossesOf(events), model: await modelHash(commandHome, run) };
  });
  afterAll(async () => {
    await jobs[Symbol.asyncDispose]();
    await workspace[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });

  const started = (trainings: Trainings, count = 1): LocalWorkers =>
    new LocalWorkers({
      ...{ count, home, env: process.env, jobs, workers: store.repository.workers, workspace },
      ...{ train: trainings.train, clock: Date.now, version: "test", cache: "here", checkpointMs: 0 },
      log: { ...jobLog(log), error: (error) => troubles.push(error) },
    });
  const submit = async (change: { readonly backend?: string } = {}): Promise<string> => {
    const id = newId();
    await jobs.submit({ id, kind: "train", subject: id, owner: "anna", request: `request-${id}`, ...change });
    return id;
  };
  const ended = (id: string): Promise<void> =>
    expect.poll(async () => (await jobs.get(id))?.state, { timeout: 120_000, interval: 50 }).toBe("done");

  it("train to the command line's numbers, to the last bit, and tell who they are", async () => {
    const trainings = new Trainings(set);
    await using workers = started(trainings);
    const id = await submit({ backend: "cpu" });
    await expect.poll(async () => (await jobs.get(id))?.state, { timeout: 120_000 }).toBe("active");
    const [row, ...others] = await store.repository.workers.list();
    expect(others).toEqual([]);
    expect(row).toMatchObject({ name: "worker 1", version: "test", kind: "local" });
    expect(row?.backends).toEqual(expect.arrayContaining(["onnx:cpu", "tfjs:wasm"]));
    expect(await jobs.get(id)).toMatchObject({ worker: row?.id });
    await expect.poll(async () => (await store.repository.workers.list())[0]?.job).toBe(id);
    await ended(id);
    expect(lossesOf(trainings.events)).toEqual(commanded.losses);
    expect(await modelHash(home, trainings.runs.get(id) ?? "")).toBe(commanded.model);
    await expect.poll(async () => (await store.repository.workers.list())[0]?.job).toBeNull();
    await workers.close(10_000);
    expect(await store.repository.workers.list()).toEqual([]);
    expect(workers.pids).toEqual([]);
  });

  it("go on with a training when a child is killed, and stop it for now when the server ends", async () => {
    const trainings = new Trainings(set);
    let workers = started(trainings);
    let kills = 0;
    trainings.onEvent(({ type }) => {
      // something is kept: it is gone on from there
      if (type === "checkpoint" && kills === 0)
        for (const pid of workers.pids) kills += Number(process.kill(pid, "SIGKILL"));
    });
    const id = await submit();
    await expect.poll(async () => (await jobs.get(id))?.attempts, { timeout: 120_000 }).toBe(1);
    const epochs = (): number => lossesOf(trainings.events).length;
    const before = epochs();
    await expect.poll(epochs, { timeout: 120_000, interval: 5 }).toBeGreaterThan(before);
    await workers.close(10_000);
    // one id leads from who asked for it to what was written while it was done
    expect(lines).toContainEqual(
      expect.objectContaining({
        ...{ msg: "The worker ended by itself: SIGKILL.", worker: "worker 1" },
        ...{ job: id, kind: "train", subject: id, request: `request-${id}` },
      }),
    );
    expect(await jobs.get(id)).toMatchObject({ state: "waiting", place: 1 });
    workers = started(trainings);
    await ended(id);
    await workers.close(10_000);
    expect(kills).toBe(1);
    // an epoch that was done again is told again; the last word counts
    const byEpoch = new Map(lossesOf(trainings.events).map((losses) => [losses[0], losses]));
    expect([...byEpoch.values()]).toEqual(commanded.losses);
    const run = await workspace.runs.open(trainings.runs.get(id) ?? "");
    const log = await run.readEvents();
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_event, at) => at));
    expect(await modelHash(home, run.id)).toBe(commanded.model);
  });

  it("share the cores when there are several, and leave a job that needs another backend in the line", async () => {
    const trainings = new Trainings(set);
    await using workers = started(trainings, 2);
    const rows = (): Promise<readonly WorkerRow[]> => store.repository.workers.list();
    // they are there before they know what they can do, which takes seconds
    await expect.poll(async () => (await rows()).map(({ state }) => state)).toEqual(["starting", "starting"]);
    const needs = await submit({ backend: "cuda" });
    await expect.poll(async () => (await rows()).length, { timeout: 120_000 }).toBe(2);
    expect((await rows()).map(({ name }) => name).toSorted()).toEqual(["worker 1", "worker 2"]);
    for (const { threads } of await rows())
      expect(threads).toBe(Math.max(1, Math.floor(usableThreads() / 2)));
    expect(workers.pids).toHaveLength(2);
    await expect
      .poll(async () => (await rows()).every(({ state }) => state === "ready"), { timeout: 120_000 })
      .toBe(true);
    expect((await rows())[0]?.names).toEqual(expect.arrayContaining(["onnx:cpu", "cpu"]));
    // a job that both can do shows that they have looked
    const other = await submit();
    await expect.poll(async () => (await jobs.get(other))?.state, { timeout: 120_000 }).toBe("active");
    expect(await jobs.get(needs)).toMatchObject({ state: "waiting", place: 1 });
    for (const id of [needs, other]) await jobs.stop(id, "cancel");
    await ended(other);
  });

  it("are in no other trouble than the child that was killed", () => {
    expect(troubles.map((error) => serializeError(error).message)).toEqual([
      expect.stringContaining("Received: killed by SIGKILL"),
    ]);
  });
});
