import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { checkInt8, createOnnxBackend } from "@graft/backend-select";
import {
  type Port,
  PROTOCOL_VERSION,
  ProtocolWorker,
  parseTrainConfig,
  portPair,
  type StopReason,
  type TrainEvent,
  trainJob,
  type Work,
  WorkerHost,
} from "@graft/core";
import { childPort, NodeWorkspace } from "@graft/core/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyPhotos, photos, ROOT, temporaryFolder } from "../cli/run-graft.ts";
import { FROM_SOURCES } from "../from-sources.ts";
import { followed } from "./made-up-worker.ts";
import { workByMessages } from "./worker-of-messages.ts";

const CHILD = join(import.meta.dirname, "message-child.ts");
const CONFIG = parseTrainConfig({
  ...{ weights: "bundled", size: 75, cut: "mixed2", epochs: 6, batchSize: 8, earlyStop: null },
});

const lossesOf = (events: readonly TrainEvent[]): readonly (readonly (number | undefined)[])[] =>
  events.flatMap((event) => (event.type === "epoch-end" ? [[event.loss, event.valLoss]] : []));

describe.skipIf(photos === undefined)("a training by messages (needs ../shared)", () => {
  let folder: string;
  let set: string;
  /** What a run in one process says, its model's numbers. */
  let local: { readonly losses: ReturnType<typeof lossesOf>; readonly weights: string };
  let homes = 0;

  const workspaceOf = (home: string): NodeWorkspace =>
    new NodeWorkspace({
      ...{ home, env: process.env, checkInt8, threads: 1, versions: { graft: "test" } },
      signal: new AbortController().signal,
      onEvent: () => undefined,
      selectBackend: async () => ({
        backend: await createOnnxBackend({ provider: "cpu", threads: 1 }),
        refusals: [],
      }),
    });
  const newHome = (): string => join(folder, `home-${++homes}`);
  /** sha256 of a model's numbers. */
  const weightsAt = async (where: string | undefined): Promise<string> => {
    const bytes = await readFile(join(where ?? "", "weights.bin"));
    return createHash("sha256").update(bytes).digest("hex");
  };
  const train: Work = { kind: "train", config: CONFIG, dataset: "", datasetName: "pets" };

  const started: ChildProcess[] = [];
  const start = (): { readonly port: Port; readonly child: ChildProcess } => {
    const child = fork(CHILD, [], { execArgv: [...FROM_SOURCES], serialization: "advanced", cwd: ROOT });
    started.push(child);
    return { port: childPort(child), child };
  };

  /** A worker in this process, over the host's workspace. */
  const sharing = (workspace: NodeWorkspace): Port => {
    const [port, ofWorker] = portPair();
    void new ProtocolWorker({ port: ofWorker, open: async () => ({ workspace }) });
    return port;
  };

  beforeAll(async () => {
    folder = await temporaryFolder("protocol");
    set = join(folder, "pets");
    await copyPhotos(set, 12);
    await using workspace = workspaceOf(newHome());
    const { events, end } = await followed(trainJob(workspace, { config: CONFIG, dataset: set }));
    local = { losses: lossesOf(events), weights: await weightsAt(end.where) };
  }, 60_000);
  afterAll(async () => {
    for (const child of started) child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });

  it.each<[string, () => Port]>([
    ["in a process of its own, without a folder", () => start().port],
    [
      "in the host's own process",
      () => {
        const [host, worker] = portPair();
        void workByMessages(worker);
        return host;
      },
    ],
  ])(
    "gives a local run's numbers to the last bit, %s",
    async (_, open) => {
      await using workspace = workspaceOf(newHome());
      await using host = new WorkerHost({ port: open(), workspace, crc32 });
      const { events, end } = await followed(host.work({ ...train, dataset: set }));
      expect(end).toMatchObject({ status: "completed", epochs: 6 });
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, at) => at));
      expect(lossesOf(events)).toEqual(local.losses);
      expect(await weightsAt(end.where)).toEqual(local.weights);
      const run = await workspace.runs.open(end.run ?? "");
      expect(await run.readEvents()).toEqual(events);
      expect(run.record).toMatchObject({ status: "completed", datasetName: "pets" });
      expect(await run.state()).toBe("completed");
    },
    60_000,
  );

  it("is gone on from by another worker when its process is killed", async () => {
    await using workspace = workspaceOf(newHome());
    const { port, child } = start();
    const first = new WorkerHost({ port, workspace, crc32 });
    const killed = await followed(first.work({ ...train, dataset: set }), (event) => {
      // the second checkpoint is written: there is something to go on from
      if (event.type === "epoch-end" && event.epoch === 3) child.kill("SIGKILL");
    });
    expect(killed.events.at(-1)).toMatchObject({ type: "run-end", status: "interrupted" });
    expect(killed.end.error?.message).toContain("killed by SIGKILL");
    const id = killed.end.run ?? "";
    const stopped = await workspace.runs.open(id);
    expect(await stopped.state()).toBe("interrupted");
    expect(stopped.record.status).toBe("interrupted");
    expect((await stopped.readEvents()).at(-1)).toEqual(killed.events.at(-1));
    await using second = new WorkerHost({ port: start().port, workspace, crc32 });
    const resumed = await followed(second.work({ kind: "resume", run: id, mayReplace: true }));
    expect(resumed.end).toMatchObject({ status: "completed", epochs: 6, run: id });
    const start0 = resumed.events.find(({ type }) => type === "run-start");
    expect(start0).toMatchObject({ resumedFromEpoch: expect.any(Number) });
    const log = await (await workspace.runs.open(id)).readEvents();
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_event, at) => at));
    const tail = lossesOf(resumed.events);
    expect(tail.length).toBeGreaterThan(0);
    expect(tail).toEqual(local.losses.slice(-tail.length));
    expect(await weightsAt(resumed.end.where)).toEqual(local.weights);
  }, 60_000);

  it.each<[StopReason, string]>([
    ["interrupt", "interrupted"],
    ["cancel", "cancelled"],
  ])(
    "stops by a signal: %s ends it as %s",
    async (reason, status) => {
      await using workspace = workspaceOf(newHome());
      await using host = new WorkerHost({ port: start().port, workspace, crc32 });
      const controller = new AbortController();
      const events = host.work({ ...train, dataset: set }, { signal: controller.signal });
      const { end } = await followed(events, ({ type }) => {
        if (type === "epoch-end") controller.abort(reason);
      });
      expect(end.status).toBe(status);
      const run = await workspace.runs.open(end.run ?? "");
      expect(run.record.status).toBe(status);
      expect((await run.checkpoints.load()) === undefined).toBe(reason === "cancel");
    },
    60_000,
  );

  it("over a host's own workspace, as the command line does it, tells the score and what people look at next", async () => {
    await using workspace = workspaceOf(newHome());
    await using host = new WorkerHost({ port: sharing(workspace), workspace });
    const { end } = await followed(host.work({ ...train, dataset: set, score: true }));
    expect(await weightsAt(end.where)).toEqual(local.weights);
    const { manifest } = (await workspace.openModel(end.run ?? "")).model;
    expect(end.manifest).toEqual({ likeness: manifest.likeness });
    expect(end.example).toMatch(/pets.*\.jpg$/);
    const { score } = end;
    if (!score || "error" in score) throw new TypeError("its images are there");
    expect(score.evaluation.accuracy).toBeCloseTo(end.metrics?.valAccuracy ?? Number.NaN, 6);
    expect(score.evaluation.perClass.map(({ label }) => label)).toEqual(["cats", "dogs"]);
    const wrong = Math.round((1 - score.evaluation.accuracy) * score.evaluation.images);
    expect(score.mistakes).toHaveLength(Math.min(10, wrong));
  }, 60_000);

  it("keeps a checkpoint when the host asks for one", async () => {
    await using workspace = workspaceOf(newHome());
    await using host = new WorkerHost({ port: sharing(workspace), workspace });
    // as quick as they are, no checkpoint would be due before the last
    const work = { ...train, config: { ...CONFIG, epochs: 300 }, dataset: set };
    let asked = 0;
    const { events } = await followed(host.work(work), (event) => {
      if (event.type !== "epoch-end" || (event.epoch !== 2 && event.epoch !== 100)) return;
      asked++;
      host.checkpoint();
    });
    const kept = events.flatMap((event) => (event.type === "checkpoint" ? [event.epoch] : []));
    expect(asked).toBe(2);
    expect(kept).toHaveLength(3);
    expect(kept[0]).toBeGreaterThanOrEqual(1);
    expect(kept[0]).toBeLessThan(100);
    expect(kept[1]).toBeGreaterThanOrEqual(100);
    expect(kept[1]).toBeLessThan(kept[2] ?? 0);
  }, 60_000);

  it("ends in run-end when the data set is not there", async () => {
    await using workspace = workspaceOf(newHome());
    await using host = new WorkerHost({ port: start().port, workspace, crc32 });
    const { events, end } = await followed(host.work({ ...train, dataset: join(folder, "nowhere") }));
    expect(events.at(-1)).toMatchObject({ type: "run-end", status: "failed", error: { code: "not-found" } });
    expect(end).toMatchObject({ status: "failed", error: { code: "not-found" } });
  }, 60_000);

  it.each([
    ["that no training has", { size: 3 }, "size", "3"],
    ["that do not go together", { momentum: 0.9 }, "momentum", "0.9"],
  ])(
    "ends in run-end with the option's name for options %s, and takes the next job",
    async (_, config, key, received) => {
      await using workspace = workspaceOf(newHome());
      await using host = new WorkerHost({ port: start().port, workspace, crc32 });
      for (let job = 0; job < 2; job++) {
        const { events, end } = await followed(host.work({ ...train, config, dataset: set }));
        const error = { code: "bad-input", facts: { issues: [{ key, received }] } };
        expect(events).toMatchObject([{ type: "run-end", status: "failed", error }]);
        expect(end).toMatchObject({ status: "failed", error });
      }
    },
    60_000,
  );
});

describe("a message that cannot be followed", () => {
  /** A port whose other end writes down what it hears. */
  function listening(): { readonly port: Port; readonly heard: unknown[]; readonly other: Port } {
    const [host, worker] = portPair();
    const heard: unknown[] = [];
    host.onMessage((message) => heard.push(message));
    return { port: worker, heard, other: host };
  }

  it("is refused by name when it is of another version, and when it is none", async () => {
    const { port, heard, other } = listening();
    const done = workByMessages(port);
    await expect.poll(() => heard.length).toBe(1);
    other.post({ v: PROTOCOL_VERSION + 1, type: "start", job: 1 });
    other.post({
      v: PROTOCOL_VERSION,
      type: "start",
      job: 1,
      work: { kind: "train", config: {}, dataset: 3 },
    });
    other.post("nonsense");
    await expect.poll(() => heard.length).toBe(4);
    const expected = `version ${PROTOCOL_VERSION}`;
    expect(heard.slice(1)).toMatchObject([
      { type: "error", error: { code: "unsupported", message: expect.stringContaining(expected) } },
      { type: "error", error: { code: "bad-input", message: expect.stringContaining("dataset") } },
      { type: "error", error: { code: "bad-input" } },
    ]);
    other.post({ v: PROTOCOL_VERSION, type: "dispose" });
    await done;
  });
});
