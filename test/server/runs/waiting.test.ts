import { join } from "node:path";
import { type Caller, type DatasetRow, newId, type RunRow, type WorkerRow } from "@graft/api";
import { CoreError, type TrainEvent } from "@graft/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { RunEvents } from "../../../packages/api/src/runs/run-events.ts";
import { RunLocks } from "../../../packages/api/src/runs/run-lock.ts";
import { temporaryFolder } from "../../cli/run-graft.ts";
import { describeOnStores } from "../open-store.ts";
import { copyEmoji } from "../workers/host.ts";
import { addFolder, dataOf, type Kept, keptOn, newCaller, openServer, type TestServer } from "./open-runs.ts";

describeOnStores("runs that no worker has begun", (open) => {
  let kept: Kept;
  let server: TestServer;
  let anna: Caller;
  let bob: Caller;
  let dataset: DatasetRow;

  const rowOf = async (run: string): Promise<RunRow | undefined> => kept.repository.runs.get(run);
  const api = (caller: Caller = anna) => server.as(caller).runs;
  const create = async (
    more: { readonly config?: Record<string, string | number>; readonly key?: string } = {},
  ) => api().create({ dataset: dataset.id, ...more });
  const codeOf = (code: string) => expect.objectContaining({ code });
  const heardOf = async (run: string): Promise<readonly TrainEvent[]> => {
    const heard: TrainEvent[] = [];
    for await (const sent of await api().events({ run })) heard.push(dataOf(sent));
    return heard;
  };

  beforeAll(async () => {
    const set = join(await temporaryFolder("run-set"), "emoji");
    await copyEmoji(set, 6);
    kept = await keptOn(await open());
    anna = await newCaller(kept);
    bob = await newCaller(kept);
    dataset = await addFolder(kept, anna, set);
    server = await openServer(kept);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await kept[Symbol.asyncDispose]();
  });

  it("stand in line, are numbered, and have what was frozen", async () => {
    const first = await create();
    const second = await create({ config: { epochs: 3 } });
    expect([first.number, second.number]).toEqual([1, 2]);
    expect([first.place, second.place]).toEqual([1, 2]);
    expect(second).toMatchObject({ state: "queued", config: { epochs: 3 }, lastSeq: -1, hasModel: false });
    const page = await api().list({ dataset: dataset.id, limit: 1 });
    expect(page.items).toMatchObject([{ id: second.id, place: 2 }]);
    const rest = await api().list({ dataset: dataset.id, after: page.next ?? "" });
    expect(rest).toMatchObject({ items: [{ id: first.id }], next: null });
    expect((await api(bob).list({})).items).toEqual([]);
    for (const { id } of [first, second]) await api().cancel({ run: id });
  });

  it("are compared by their pictures: what was left out is told from what was deleted", async () => {
    const { edits, images } = server.as(anna);
    const before = await create();
    const { items } = await images.list({ dataset: dataset.id, use: "in", limit: 200 });
    const [out, deleted] = items;
    if (!out || !deleted) throw new TypeError("the set has pictures");
    await edits.leaveOut({ dataset: dataset.id, images: [out.id] });
    await images.delete({ dataset: dataset.id, images: [deleted.id] });
    const after = await create();
    const { pictures } = await api().compare({ runs: [before.id, after.id] });
    expect(pictures).toMatchObject([{ run: after.id, count: 2 }]);
    expect(new Map(pictures[0]?.some.map(({ path, what }) => [path, what]))).toEqual(
      new Map([
        [out.path, "left-out"],
        [deleted.path, "gone"],
      ]),
    );
    await edits.keep({ dataset: dataset.id, images: [out.id] });
    for (const { id } of [before, after]) await api().cancel({ run: id });
  });

  it("say why they wait, as the queue and searches do", async () => {
    const { workers } = kept.repository;
    const row: WorkerRow = {
      ...{ id: newId(), name: "worker 1", version: "test", kind: "local", threads: 1, groups: [] },
      ...{ backends: ["onnx:cpu"], names: ["onnx:cpu", "cpu"], owner: null, state: "ready" },
      ...{ startedAt: Date.now(), heardAt: Date.now(), job: null },
    };
    const lone = await create({ config: { backend: "webgpu" } });
    const none = { reason: "no-worker", backend: "webgpu", connected: 0, able: 0, backends: [], refused: [] };
    expect(lone).toMatchObject({ state: "queued", place: 1, backend: null, waiting: none });
    await workers.put(row);
    const other = { ...none, reason: "no-backend", connected: 1, backends: ["onnx:cpu"] };
    expect((await api().get({ run: lone.id })).waiting).toEqual(other);
    expect((await api().list({ dataset: dataset.id, limit: 1 })).items[0]?.waiting).toEqual(other);

    const searches = server.as(anna).searches;
    const config = { size: 75, cut: "mixed0", backend: "webgpu" };
    const search = await searches.findRate({ dataset: dataset.id, config });
    expect(search).toMatchObject({ state: "queued", place: 2, waiting: other });
    expect((await searches.list({ dataset: dataset.id })).items).toMatchObject([{ waiting: other }]);

    await workers.put({ ...row, names: ["webgpu"], job: "another" });
    const { queue } = server.as(anna);
    expect(await queue.list()).toMatchObject([
      { subject: lone.id, state: "waiting", place: 1, waiting: { reason: "busy", able: 1 } },
      { subject: search.id, kind: "find-rate", waiting: { reason: "busy" } },
    ]);
    await workers.put({ ...row, id: newId(), name: "lab-3", version: "0.0.9", state: "refused" });
    const seen = (await queue.workers()).map(({ name, state }) => [name, state]);
    expect(seen.toSorted()).toEqual([
      ["lab-3", "other-version"],
      ["worker 1", "working"],
    ]);
    await searches.cancel({ search: search.id });
    expect(await api().cancel({ run: lone.id })).toMatchObject({ place: null, waiting: null });
    for (const { id } of await workers.list()) await workers.remove(id);
  });

  it("say so when their worker died and they wait for another one", async () => {
    const { id } = await create();
    const job = await server.jobs.claim({ worker: "dead", kinds: ["train"], backends: [] });
    await kept.repository.runs.update(id, { state: "running" });
    expect(await api().get({ run: id })).toMatchObject({ place: null, waiting: null });
    await server.jobs.release(job?.id ?? "", "dead");
    const waiting = { reason: "no-worker", backend: null };
    expect(await api().get({ run: id })).toMatchObject({ state: "running", place: 1, waiting });
    await api().cancel({ run: id });
  });

  it("are made once for one key, also when it is sent twice at once", async () => {
    const key = newId();
    const made = await Promise.all([create({ key }), create({ key })]);
    const again = await create({ key });
    expect(new Set([...made, again].map(({ id }) => id)).size).toBe(1);
    expect((await server.jobs.list()).filter(({ subject }) => subject === again.id)).toHaveLength(1);
    await api().cancel({ run: again.id });
  });

  it("are refused with every option that is wrong, and what a server cannot take", async () => {
    const refused = async (config: Record<string, string | number | boolean>): Promise<unknown> =>
      api()
        .create({ dataset: dataset.id, config })
        .then(
          () => undefined,
          ({ cause }) => (cause instanceof CoreError ? cause.facts.issues : cause),
        );
    expect(await refused({ size: 3, epochs: 0 })).toMatchObject([{ key: "size" }, { key: "epochs" }]);
    expect(await refused({ weights: "/etc/passwd" })).toMatchObject([{ key: "weights" }]);
    expect(await refused({ weights: "http://127.0.0.1/w.h5" })).toMatchObject([{ key: "weights" }]);
    expect(await refused({ labelsFrom: "names" })).toMatchObject([{ key: "labelsFrom" }]);
    expect(await refused({ valSplit: 0.4 })).toMatchObject([{ key: "valSplit" }]);
    expect(await refused({ groupPrefix: true })).toMatchObject([{ key: "groupPrefix" }]);
    const lone: DatasetRow = { ...dataset, id: newId() };
    await kept.repository.datasets.create(lone, []);
    await expect(api().create({ dataset: lone.id })).rejects.toEqual(codeOf("BAD_REQUEST"));
    expect((await api().list({ dataset: lone.id })).items).toEqual([]);
  });

  it("end when they are stopped or cancelled, and those who listen hear it", async () => {
    const stopped = await create();
    const hearing = heardOf(stopped.id);
    expect(await api().stop({ run: stopped.id })).toMatchObject({ state: "interrupted", place: null });
    expect(await hearing).toMatchObject([{ type: "run-end", status: "interrupted", seq: 0 }]);
    expect(await api().resume({ run: stopped.id })).toMatchObject({ state: "queued", place: 1 });
    // who asks twice is in line once
    await api().resume({ run: stopped.id });
    expect((await server.jobs.list()).filter(({ subject }) => subject === stopped.id)).toHaveLength(1);
    expect(await api().cancel({ run: stopped.id })).toMatchObject({ state: "cancelled" });
    expect(await heardOf(stopped.id)).toMatchObject([{ status: "interrupted" }, { status: "cancelled" }]);
    await expect(api().resume({ run: stopped.id })).rejects.toEqual(codeOf("CONFLICT"));
    await expect(api().stop({ run: stopped.id })).rejects.toEqual(codeOf("CONFLICT"));

    const given = await create();
    await api().stop({ run: given.id });
    // a stopped one may be given up, too
    expect(await api().cancel({ run: given.id })).toMatchObject({ state: "cancelled" });
  });

  it("are put into the line again when their job is gone, and ended when they were stopped", async () => {
    const [lost, stopped] = [await create(), await create()];
    for (const job of await server.jobs.list()) await server.jobs.stop(job.id, "interrupt");
    await kept.repository.runs.update(stopped.id, { stopAsked: "cancel", state: "running" });
    expect(await server.services.training.reconcile()).toBe(2);
    expect(await api().get({ run: lost.id })).toMatchObject({ state: "queued", place: 1 });
    expect(await rowOf(stopped.id)).toMatchObject({ state: "cancelled", stopAsked: null });
    expect(await server.services.training.reconcile()).toBe(0);
    await api().cancel({ run: lost.id });
  });

  it("are not there for others", async () => {
    const { id } = await create();
    const others = api(bob);
    const calls = [
      ...[
        others.get({ run: id }),
        others.events({ run: id }),
        others.log({ run: id }),
        others.curve({ run: id }),
      ],
      ...[others.stop({ run: id }), others.cancel({ run: id }), others.resume({ run: id })],
      ...[others.remove({ run: id }), others.rerun({ run: id }), others.rename({ run: id, name: "mine" })],
      ...[others.note({ run: id, note: "x" }), others.use({ run: id }), others.decisions({ run: id })],
      ...[others.notSureBelow({ run: id, score: 0.5 }), others.undo({ run: id, decision: "x" })],
      ...[others.result({ run: id }), others.pictures({ run: id }), others.thresholds({ run: id })],
      ...[others.compare({ runs: [id, id] }), others.disagreements({ runs: [id, id] })],
      ...[others.create({ dataset: dataset.id }), others.list({ dataset: dataset.id })],
      others.redo({ run: id, decision: "x" }),
    ];
    for (const call of await Promise.allSettled<unknown>(calls))
      expect(call).toEqual({ status: "rejected", reason: codeOf("NOT_FOUND") });
    expect(await rowOf(id)).toMatchObject({ state: "queued", name: null });
    await api().cancel({ run: id });
  });

  it("are named, noted and used by decisions that are undone and done again", async () => {
    const { id } = await create();
    const named = await api().rename({ run: id, name: "first" });
    await api().rename({ run: id, name: "second" });
    await api().note({ run: id, note: "blurred ones left out" });
    await api().notSureBelow({ run: id, score: 0.76 });
    await api().use({ run: id });
    const decided = { note: "blurred ones left out", notSureBelow: 0.76, isInUse: true };
    expect(await api().get({ run: id })).toMatchObject({ name: "second", ...decided });
    const { items } = await api().decisions({ run: id });
    expect(items.map(({ kind }) => kind)).toEqual(["in-use", "not-sure-below", "note", "name", "name"]);
    expect(items.every(({ by }) => by === anna.identity.account.id)).toBe(true);
    for (const { id: decision, value } of items)
      if (value !== "first") await api().undo({ run: id, decision });
    const undone = { name: "first", note: null, notSureBelow: null, isInUse: false };
    expect(await api().get({ run: id })).toMatchObject(undone);
    expect((await api().list({ dataset: dataset.id })).items[0]).toMatchObject(undone);
    await api().undo({ run: id, decision: named.id });
    expect(await api().get({ run: id })).toMatchObject({ name: null });
    for (const { id: decision } of items) await api().redo({ run: id, decision });
    expect(await api().get({ run: id })).toMatchObject({ name: "second", ...decided });
    await expect(api().undo({ run: id, decision: newId() })).rejects.toEqual(codeOf("NOT_FOUND"));
    await api().cancel({ run: id });
  });

  it("say which of their held-back pictures an earlier run learned from", async () => {
    const before = await create();
    const images = [];
    for await (const some of kept.repository.images.all(dataset.id)) images.push(...some);
    const learned = images.find(({ part }) => part === "train");
    const parts = new Map(
      images.map(({ id, part }) => [id, id === learned?.id ? "validation" : (part ?? "train")] as const),
    );
    await kept.repository.datasets.resplit(dataset.id, { ...dataset.split, version: 2 }, parts, Date.now());
    const run = await create();
    const told = "this run holds back 1 picture that an earlier run learned from";
    expect(run.notes).toMatchObject([{ code: "learned-before", message: expect.stringContaining(told) }]);
    expect(run.notes[0]?.message).toContain(learned?.path);
    expect(run.notes[0]?.message).toContain(`Run ${before.number}`);
    expect(run.lastSeq).toBe(0);
    // the same pictures once more: no earlier run saw more of them
    expect((await api().rerun({ run: before.id })).notes).toEqual([]);
  });

  it("tell their events at another server, too, each once and in order", async () => {
    const { id } = await create();
    const { runs } = kept.repository;
    const [here, there] = [new RunEvents(runs, { pollMs: 20 }), new RunEvents(runs, { pollMs: 20 })];
    const note = (seq: number): TrainEvent => ({
      type: "note",
      code: "n",
      message: "m",
      run: id,
      seq,
      time: seq,
    });
    const follow = async (events: RunEvents): Promise<readonly number[]> => {
      const heard: number[] = [];
      for await (const some of events.follow(id, { after: -1 })) heard.push(...some.map(({ seq }) => seq));
      return heard;
    };
    await here.append(id, [note(0)]);
    const hearing = [follow(here), follow(there), follow(there)];
    for (let seq = 1; seq < 40; seq++) {
      // by turns, each told twice, some together
      const server = seq % 3 === 0 ? there : here;
      await server.append(id, [note(seq - 1), note(seq)]);
      if (seq === 20) hearing.push(follow(here));
    }
    await runs.update(id, { state: "cancelled", endedAt: 1 });
    here.changed(id);
    const all = Array.from({ length: 40 }, (_, seq) => seq);
    for (const heard of await Promise.all(hearing)) expect(heard).toEqual(all);
    for (const job of await server.jobs.list()) await server.jobs.stop(job.id, "cancel");
  });

  it("are one server's at a time, and nobody's when it is gone", async () => {
    const { leases } = kept.repository;
    let now = 1000;
    const locks = (): RunLocks => new RunLocks({ leases, clock: () => now, isAlone: false });
    const [here, there] = [locks(), locks()];
    const run = newId();
    const lock = await here.lock(run);
    expect(await there.isHeld(run)).toBe(true);
    await expect(there.lock(run)).rejects.toMatchObject({ code: "conflict", facts: { lock: run } });
    await lock[Symbol.asyncDispose]();
    expect(await there.isHeld(run)).toBe(false);

    await leases.acquire(`run/${run}`, { holder: "killed", now, until: now + 20_000 });
    expect(await there.isHeld(run)).toBe(true);
    const alone = new RunLocks({ leases, clock: () => now, isAlone: true });
    expect(await alone.isHeld(run)).toBe(false);
    await leases.acquire(`run/${run}`, { holder: "killed", now, until: now + 20_000 });
    now += 20_001;
    expect(await there.isHeld(run)).toBe(false);
  });
});
