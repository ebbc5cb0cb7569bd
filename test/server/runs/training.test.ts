import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Caller, DatasetRow, RunRow } from "@graft/api";
import { createRandom, type Folder, type TrainEvent } from "@graft/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openJobs } from "../../../apps/server/src/queue/open-jobs.ts";
import { temporaryFolder } from "../../cli/run-graft.ts";
import { openTestStore } from "../open-store.ts";
import { CONFIG, copyEmoji, lossesOf } from "../workers/host.ts";
import {
  addFolder,
  dataOf,
  type Kept,
  keptOn,
  modelBytes,
  newCaller,
  openServer,
  type TestServer,
  type TestWorker,
} from "./open-runs.ts";

const { backend: _, ...ONE_RUN } = CONFIG;
/** So many epochs that a test can step in between. */
const OPTIONS = { ...ONE_RUN, epochs: 12 };

const hashOf = async (folder: Folder): Promise<string> =>
  createHash("sha256")
    .update(await modelBytes(folder))
    .digest("hex");

describe("a training by a server's worker", () => {
  let kept: Kept;
  let server: TestServer;
  let worker: TestWorker;
  let anna: Caller;
  let dataset: DatasetRow;
  /** One that nothing disturbed. */
  let calm: { readonly id: string; readonly model: string; readonly losses: ReturnType<typeof lossesOf> };

  const rowOf = async (run: string): Promise<RunRow> => {
    const row = await kept.repository.runs.get(run);
    if (!row) throw new Error("no such run");
    return row;
  };
  const eventsOf = (run: string): Promise<readonly TrainEvent[]> =>
    kept.repository.runs.events(run, { after: -1, limit: 10_000 });
  /** The losses that count: of an epoch that was told twice the second. */
  const finalLosses = async (run: string): Promise<ReturnType<typeof lossesOf>> => {
    const byEpoch = new Map(lossesOf(await eventsOf(run)).map((line) => [line[0], line]));
    return [...byEpoch.values()];
  };
  /** Follows a run until a test has seen enough, or to its end. */
  const followed = async (
    run: string,
    isEnough: (event: TrainEvent) => boolean = () => false,
    lastEventId?: string,
  ): Promise<readonly TrainEvent[]> => {
    const heard: TrainEvent[] = [];
    for await (const sent of await server.as(anna).runs.events({ run, lastEventId })) {
      const event = dataOf(sent);
      heard.push(event);
      if (isEnough(event)) break;
    }
    return heard;
  };
  const ended = async (run: string): Promise<RunRow> => {
    await followed(run);
    return rowOf(run);
  };
  const reached = (run: string, epoch: number): Promise<readonly TrainEvent[]> =>
    followed(run, (event) => event.type === "epoch-end" && event.epoch >= epoch);
  const create = async (given: { readonly config?: object; readonly key?: string } = {}): Promise<string> => {
    const { config = {}, ...more } = given;
    const input = { dataset: dataset.id, config: { ...OPTIONS, ...config }, ...more };
    return (await server.as(anna).runs.create(input)).id;
  };
  /** Each number once, and none left out. */
  const expectWhole = (events: readonly TrainEvent[]): void =>
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_event, at) => at));

  beforeAll(async () => {
    const set = join(await temporaryFolder("run-set"), "emoji");
    await copyEmoji(set, 12);
    kept = await keptOn(await openTestStore("pglite"));
    anna = await newCaller(kept);
    dataset = await addFolder(kept, anna, set);
    server = await openServer(kept);
    const id = await create();
    worker = server.work();
    await ended(id);
    calm = { id, model: await hashOf(kept.folderOf(id)), losses: lossesOf(await eventsOf(id)) };
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await kept[Symbol.asyncDispose]();
  });

  it("is told from its first event to its last, and its row says what came of it", async () => {
    const events = await eventsOf(calm.id);
    expectWhole(events);
    expect(events.at(-1)).toMatchObject({ type: "run-end", status: "completed", epochs: 12 });
    const run = await server.as(anna).runs.get({ run: calm.id });
    expect(run).toMatchObject({ state: "completed", number: 1, place: null, hasModel: true, isInUse: true });
    expect(run.images).toEqual({ train: 20, validation: 4, test: 0 });
    expect(run.classes).toEqual([
      { label: "animal", train: 10, validation: 2, test: 0 },
      { label: "food", train: 10, validation: 2, test: 0 },
    ]);
    expect(run.metrics?.valAccuracy).toBe(run.progress && (await rowOf(calm.id)).metrics?.valAccuracy);
    expect(run.backend).toBe("onnx:cpu");
    expect(server.errors).toEqual([]);
  });

  /** A run that came to its end by a detour. */
  async function expectCalm(id: string): Promise<void> {
    expectWhole(await eventsOf(id));
    expect((await rowOf(id)).state).toBe("completed");
    expect(await finalLosses(id)).toEqual(calm.losses);
    expect(await hashOf(kept.folderOf(id))).toBe(calm.model);
  }

  it("goes on with another worker when one is killed, to the same numbers", async () => {
    const id = await create();
    await reached(id, 3);
    worker.kill();
    await ended(id);
    await expectCalm(id);
    expect((await eventsOf(id)).filter(({ type }) => type === "run-end")).toMatchObject([
      { status: "interrupted", error: { code: "backend" } },
      { status: "completed" },
    ]);
    expect((await rowOf(id)).error).toBeNull();
    expect(server.errors).toMatchObject([{ code: "backend" }]);
    server.errors.length = 0;
  });

  it("begins again when its worker is killed before it has anything, and its events count on", async () => {
    const id = await create();
    await followed(id, (event) => event.type === "phase-start" && event.phase === "trunk");
    worker.kill();
    await ended(id);
    await expectCalm(id);
    const events = await eventsOf(id);
    const starts = events.filter((event) => event.type === "phase-start" && event.phase === "scan");
    expect(starts.map(({ seq }) => seq > 0)).toEqual([false, true]);
    expect(events.filter(({ type }) => type === "run-start")).not.toMatchObject([{ resumedFromEpoch: 1 }]);
    server.errors.length = 0;
  });

  it("waits for its rows when their store cannot be reached, and loses nothing", async () => {
    const id = await create();
    const heard = await followed(id, (event) => {
      if (event.type === "epoch-end" && event.epoch === 3) kept.away(3000);
      return false;
    });
    expect(heard.at(-1)).toMatchObject({ type: "run-end", status: "completed" });
    await expectCalm(id);
    server.errors.length = 0;
  });

  it("stops when its owner says so, and goes on when its owner says so", async () => {
    const id = await create();
    await reached(id, 3);
    await server.as(anna).runs.stop({ run: id });
    const row = await ended(id);
    expect(row).toMatchObject({ state: "interrupted", stopAsked: null, error: null, hasModel: false });
    expect((await eventsOf(id)).at(-1)).toMatchObject({ type: "run-end", status: "interrupted" });
    // once more changes nothing
    expect(await server.as(anna).runs.stop({ run: id })).toMatchObject({ state: "interrupted" });
    await server.as(anna).runs.resume({ run: id });
    await ended(id);
    await expectCalm(id);
  });

  it("goes on at the next start when the server ends", async () => {
    const id = await create();
    await reached(id, 3);
    await server[Symbol.asyncDispose]();
    expect(await rowOf(id)).toMatchObject({ state: "queued", endedAt: null });
    server = await openServer(kept);
    expect(await server.services.training.reconcile()).toBe(0);
    worker = server.work();
    await ended(id);
    await expectCalm(id);
  });

  it("goes on when its server was killed, as soon as another starts", async () => {
    const id = await create();
    await reached(id, 3);
    await server[Symbol.asyncDispose]();
    // as a kill leaves it: a worker has it that is no more
    const jobs = await openJobs({
      database: kept.store.queue,
      onError: (error) => server.errors.push(error),
    });
    expect(await jobs.claim({ worker: "killed", kinds: ["train"], backends: [] })).toMatchObject({
      subject: id,
    });
    await jobs[Symbol.asyncDispose]();
    const { runs, leases } = kept.repository;
    await runs.update(id, { state: "running", worker: "killed" });
    await leases.acquire(`run/${id}`, { holder: "killed", now: Date.now(), until: Date.now() + 20_000 });
    server = await openServer(kept);
    worker = server.work();
    await ended(id);
    await expectCalm(id);
  });

  it("that its server was killed over at the very end is over, and keeps no point to go on from", async () => {
    const points = kept.folderOf(calm.id).folder("checkpoints");
    await points.replace("12", [new Uint8Array(9)]);
    await kept.repository.runs.update(calm.id, { state: "running", metrics: null });
    await server.services.training.reconcile();
    await expect.poll(async () => (await rowOf(calm.id)).state, { timeout: 20_000 }).toBe("completed");
    expect((await rowOf(calm.id)).metrics).not.toBeNull();
    expect(await points.list()).toEqual([]);
    await expectCalm(calm.id);
  });

  it("is given up for good when it is cancelled", async () => {
    const id = await create();
    await reached(id, 3);
    await server.as(anna).runs.cancel({ run: id });
    const row = await ended(id);
    expect(row).toMatchObject({ state: "cancelled", stopAsked: null, hasModel: false });
    expectWhole(await eventsOf(id));
    expect(await kept.folderOf(id).folder("checkpoints").list()).toEqual([]);
    await expect(server.as(anna).runs.resume({ run: id })).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await server.as(anna).runs.cancel({ run: id })).toMatchObject({ state: "cancelled" });
  });

  it("is heard whole by one who comes and goes", async () => {
    const id = await create();
    const random = createRandom("breaks", "1");
    const heard: TrainEvent[] = [];
    while (heard.at(-1)?.type !== "run-end") {
      let left = 1 + Math.floor(random() * 8);
      heard.push(...(await followed(id, () => --left === 0, heard.at(-1)?.seq.toString())));
    }
    expectWhole(heard);
    expect(heard).toEqual(await eventsOf(id));
    // nothing is left to hear
    expect(await followed(id, () => false, String(heard.length - 1))).toEqual([]);
    await expect(followed(id, () => true, "x")).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  it("is done again on the same pictures to the same numbers, and compared", async () => {
    const api = server.as(anna).runs;
    const again = await api.rerun({ run: calm.id });
    const other = await api.rerun({ run: calm.id, config: { epochs: 1, learningRate: 1e-6 } });
    for (const { id } of [again, other]) await ended(id);
    await expectCalm(again.id);
    expect(again.rerunOf).toBe(calm.id);
    expect(await rowOf(again.id)).toMatchObject({ frozen: (await rowOf(calm.id)).frozen });

    const comparison = await api.compare({ runs: [calm.id, again.id, other.id] });
    expect(comparison.shared).toBe(4);
    expect(comparison.options.map(({ key }) => key).sort()).toEqual(["epochs", "learningRate"]);
    expect(comparison.pictures.map(({ count }) => count)).toEqual([0, 0]);
    const [same, differ] = comparison.pairs;
    expect(same).toMatchObject({ firstOnly: 0, secondOnly: 0, chance: 1, couldBeChance: true });
    expect(differ?.couldBeChance).toBe(true);
    const [right = 0, , rightOfOther = 0] = comparison.runs.map((run) => run.right);
    expect((differ?.firstOnly ?? 0) - (differ?.secondOnly ?? 0)).toBe(right - rightOfOther);
    const differing = await api.disagreements({ runs: [calm.id, other.id] });
    expect(differing.items).toHaveLength((differ?.firstOnly ?? 0) + (differ?.secondOnly ?? 0));
  });

  it("has a result that counts every picture held back", async () => {
    const api = server.as(anna).runs;
    const result = await api.result({ run: calm.id });
    const { metrics } = await rowOf(calm.id);
    expect(result.images).toBe(4);
    expect(result.accuracy).toBeCloseTo(metrics?.valAccuracy ?? Number.NaN, 6);
    expect(result.loss).toBeCloseTo(metrics?.valLoss ?? Number.NaN, 5);
    expect(result.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(result.labels).toEqual(["animal", "food"]);
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await api.pictures({ run: calm.id, limit: 3, ...(after === undefined ? {} : { after }) });
      for (const { path, image, scores } of page.items) {
        seen.push(path);
        expect(image?.use).toBe("in");
        expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 5);
      }
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(new Set(seen).size).toBe(4);
    for (const [truth, row] of result.confusion.entries())
      for (const [said, count] of row.entries()) {
        const cell = { truth: result.labels[truth] ?? "", said: result.labels[said] ?? "" };
        expect((await api.pictures({ run: calm.id, ...cell })).items).toHaveLength(count);
      }
    const mistakes = await api.pictures({ run: calm.id, which: "mistakes" });
    expect(mistakes.items).toHaveLength(result.numMistakes);
    const { rows } = await api.thresholds({ run: calm.id });
    for (const { right, wrong, notSure } of rows) expect(right + wrong + notSure).toBe(4);
    expect(rows[0]).toMatchObject({ below: 0, right: result.right, notSure: 0 });
  });

  it("draws its curve from what was told last", async () => {
    const { phases, lastSeq } = await server.as(anna).runs.curve({ run: calm.id });
    expect(lastSeq).toBe((await rowOf(calm.id)).lastSeq);
    expect(phases).toMatchObject([{ phase: "head", epochs: 12, numEpochs: 12 }]);
    expect(
      phases[0]?.epochPoints.map(({ epoch, loss, valLoss, accuracy }) => [epoch, loss, valLoss, accuracy]),
    ).toEqual(calm.losses);
  });

  it("goes with its files when it is deleted, and not before it is over", async () => {
    const { id } = await server.as(anna).runs.rerun({ run: calm.id });
    await expect(server.as(anna).runs.remove({ run: id })).rejects.toMatchObject({ code: "CONFLICT" });
    await ended(id);
    await server.as(anna).runs.remove({ run: id });
    expect(await kept.folderOf(id).list()).toEqual([]);
    await expect(server.as(anna).runs.get({ run: id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await eventsOf(id)).toEqual([]);
  });
});
