import { CoreError, type NextShard, type Shard, type ShardBoard, serializeError } from "@graft/core";
import { describe, expect, it } from "vitest";
import { followed, hostOfMemory, type MadeUpWorker, madeUpWorker, PETS, TRAIN } from "./made-up-worker.ts";

const note = (run: string, seq: number) => ({ type: "note", run, seq, time: 0, code: "x", message: "x" });
const completed = { status: "completed", epochs: 2 } as const;
const refused = serializeError(new CoreError("bad-input", { what: "No." }));

describe("a host that gives its worker one job after the other", () => {
  it("blames a job that fails at once on no run before it", async () => {
    const { host } = madeUpWorker(hostOfMemory(), ({ type, job }, { say }) => {
      if (type !== "start") return;
      if (job === 2) return say({ type: "error", job, error: refused });
      say({ type: "event", job, event: note("one", 0) });
      say({ type: "done", job, end: { ...completed, run: "one" } });
    });
    expect((await followed(host.work(TRAIN))).end).toEqual({ ...completed, run: "one" });
    const second = await followed(host.work(TRAIN));
    expect(second.events).toMatchObject([{ type: "run-end", status: "failed", run: "", seq: 0 }]);
    expect(second.end).toEqual({ status: "failed", epochs: 0, error: refused });
  });

  it("hears nothing of a job that it left, and waits for its end before the next", async () => {
    const { host, worker } = madeUpWorker(hostOfMemory(), ({ type, job }, { say }) => {
      if (type === "start") say({ type: "event", job, event: note(`run-${job}`, 0) });
      if (type === "start" && job === 2) say({ type: "done", job, end: completed });
      if (type !== "stop") return;
      say({ type: "event", job, event: note("run-1", 1) });
      say({ type: "done", job, end: { status: "interrupted", epochs: 1 } });
    });
    for await (const { run } of host.work(TRAIN)) {
      expect(run).toBe("run-1");
      break;
    }
    const { events, end } = await followed(host.work(TRAIN));
    expect(events.map(({ run }) => run)).toEqual(["run-2"]);
    expect(end).toEqual(completed);
    expect(worker.heard.map(({ type, job }) => [type, job])).toEqual([
      ["start", 1],
      ["stop", 1],
      ["start", 2],
    ]);
  });

  it("ends a job whose message cannot be read, and stops the worker", async () => {
    const { host, worker } = madeUpWorker(hostOfMemory(), ({ type, job }, { say }) => {
      if (type === "start") say({ type: "event", job, event: { type: "epoch-end", valLoss: "large" } });
    });
    const { events } = await followed(host.work(TRAIN));
    expect(events).toMatchObject([{ type: "run-end", status: "failed", error: { code: "bad-input" } }]);
    expect(worker.heard.map(({ type }) => type)).toEqual(["start", "stop"]);
  });

  it("says at once that a worker is gone, whenever it is asked", async () => {
    const { host, worker } = madeUpWorker(hostOfMemory());
    worker.port.close();
    for (let again = 0; again < 2; again++) {
      const { end } = await followed(host.work(TRAIN));
      expect(end).toMatchObject({ status: "interrupted", error: { code: "backend" } });
    }
  });
});

describe("what a worker asks of its host", () => {
  const RUN = "20260101-120000-pets-abcd";
  const SPLIT = {
    ...{ version: 1, kind: "drawn", seed: 1, fraction: 0.5, test: [] },
    train: PETS.images.slice(0, 6).map(({ hash }) => hash),
    validation: PETS.images.slice(6).map(({ hash }) => hash),
  };
  const create = (id: string) => ({
    ...{ id, set: 0, split: SPLIT, datasetName: "pets", config: { size: 75, cut: "mixed0" } },
    weights: { source: "bundled", origin: "bundled", sha256: "", inputRange: [0, 1] },
  });

  /** Calls in order; what each is answered with, or the code it is refused with. */
  async function answersTo(
    calls: readonly (readonly [method: string, params: unknown])[],
    workspace = hostOfMemory(),
    work = TRAIN,
    shards?: ShardBoard,
  ): Promise<unknown[]> {
    const answers: unknown[] = [];
    const next = ({ say, port }: MadeUpWorker): void => {
      const [method, params] = calls[answers.length] ?? [];
      if (method === undefined) port.close();
      else say({ type: "call", call: answers.length, method, params });
    };
    const { host } = madeUpWorker(workspace, (command, worker) => {
      if (command.type === "answer") answers.push(command.value);
      if (command.type === "refusal") answers.push(Object(command.error).code);
      if (command.type !== "progress") next(worker);
    });
    await followed(host.work(work, shards ? { shards } : {}));
    return answers;
  }

  const open = ["dataset.open", { name: "pets", request: {} }] as const;

  it("is refused where a name leads elsewhere", async () => {
    expect(
      await answersTo([
        ["features.lease", { space: "../../elsewhere" }],
        open,
        ["run.create", create("a/b")],
        ["run.create", create("A B")],
        ["toString", {}],
        ["weights.has", { name: "/etc/passwd" }],
        ["weights.has", { name: "auto" }],
        ["dataset.has", { name: "other" }],
      ]),
    ).toMatchObject([
      ...["bad-input", { set: 0 }, "bad-input", "bad-input", "unsupported"],
      ...["not-found", true, "not-found"],
    ]);
  });

  it("is refused for runs that are not its own, and writes only to one that it has locked", async () => {
    const workspace = hostOfMemory();
    const append = ["run.append", { run: RUN, event: note(RUN, 0) }] as const;
    const calls = [open, ["run.create", create(RUN)], append, ["run.lock", { run: RUN }], append] as const;
    expect(await answersTo(calls, workspace)).toMatchObject([
      ...[{ set: 0 }, { id: RUN }, "conflict", expect.any(Number), null],
    ]);
    expect(await answersTo([["run.open", { run: RUN }]], workspace)).toEqual(["not-found"]);
    const resume = { kind: "resume", run: RUN, mayReplace: true } as const;
    expect(await answersTo([["run.open", { run: RUN }]], workspace, resume)).toMatchObject([{ id: RUN }]);
  });

  it("is refused all that would change a run for a worker that helps with it", async () => {
    const workspace = hostOfMemory();
    await answersTo([open, ["run.create", create(RUN)]], workspace);
    const help = { kind: "extract", run: RUN, backend: "onnx:cpu" } as const;
    const calls = [
      ...([open, ["run.open", { run: RUN }], open, ["run.lock", { run: RUN }]] as const),
      ...([
        ["run.create", create("mine")],
        ["run.append", { run: RUN, event: note(RUN, 0) }],
      ] as const),
      ...([
        ["shards.offer", { backend: "onnx:cpu", shards: [] }],
        ["shards.next", {}],
      ] as const),
    ];
    expect(await answersTo(calls, workspace, help)).toMatchObject([
      ...Array.from({ length: 7 }, () => "conflict"),
      ...[{ open: 0 }],
    ]);
  });

  it("tells a worker that helps with a run of its shards' images alone, and of no other run", async () => {
    const workspace = hostOfMemory();
    await answersTo([open, ["run.create", create(RUN)], ["run.create", create("mine")]], workspace);
    const shard: Shard = { part: "train", from: 2, to: 4, taps: ["features"] };
    const given: NextShard[] = [{ shard, open: 1 }, { open: 0 }];
    const board: ShardBoard = {
      helpers: async () => 1,
      offer: async () => undefined,
      next: async () => given.shift() ?? { open: 0 },
    };
    const calls = [
      ["help.open", { run: "mine" }],
      ["help.open", { run: RUN }],
      ["shards.next", {}],
      ["image.read", { set: 0, path: PETS.images[2]?.path }],
      ["shards.next", {}],
    ] as const;
    const help = { kind: "extract", run: RUN, backend: "onnx:cpu" } as const;
    const [other, opened, next, read, last] = await answersTo(calls, workspace, help, board);
    expect(other).toBe("not-found");
    // too few images for a likeness; of the run neither its split nor the list of its images
    expect(opened).toEqual({
      ...{ set: 0, learnsLikeness: false, weights: expect.objectContaining({ source: expect.any(String) }) },
      config: expect.objectContaining({ size: 75, cut: "mixed0" }),
    });
    expect(next).toEqual({ shard, open: 1, images: PETS.images.slice(2, 4), sampled: [] });
    expect(read).toBeInstanceOf(Uint8Array);
    expect(last).toEqual({ open: 0 });
  });

  it("makes no other run than the one that its host has an id for", async () => {
    const calls = [open, ["run.create", create(RUN)], ["run.create", create("mine")]] as const;
    const work = { ...TRAIN, run: "mine" } as const;
    expect(await answersTo(calls, hostOfMemory(), work)).toMatchObject([
      ...[{ set: 0 }, "not-found", { id: "mine" }],
    ]);
  });

  it("is let go with a worker that is gone, and its run's log and record have an end", async () => {
    const workspace = hostOfMemory();
    const base = { run: RUN, time: 0 };
    const told = { labels: PETS.labels, images: SPLIT_SIZES, backend: "x", weights: "w" };
    const events = [
      { ...base, seq: 0, type: "run-start", ...told },
      { ...base, seq: 1, type: "checkpoint", epoch: 1 },
      note(RUN, 2),
    ];
    const appends = events.map((event) => ["run.append", { run: RUN, event }] as const);
    const calls = [open, ["run.create", create(RUN)], ["run.lock", { run: RUN }], ...appends] as const;
    let asked = 0;
    const { host } = madeUpWorker(workspace, ({ type }, { say, port }) => {
      const [method, params] = calls[asked] ?? [];
      if (type === "progress") return;
      if (method === undefined) {
        // the host has heard of the first event alone
        say({ type: "event", job: 1, event: note(RUN, 0) });
        port.close();
      } else say({ type: "call", call: asked++, method, params });
    });
    const { events: heard, end } = await followed(host.work(TRAIN));
    expect(heard.at(-1)).toMatchObject({ type: "run-end", status: "interrupted", seq: 3, epochs: 1 });
    expect(end).toMatchObject({ status: "interrupted", run: RUN, epochs: 1 });
    const run = await workspace.runs.open(RUN);
    expect(await run.readEvents()).toMatchObject([...events, heard.at(-1)]);
    expect(run.record).toMatchObject({ status: "interrupted", epochs: 1 });
    // nobody holds it any more
    await (await run.lock())[Symbol.asyncDispose]();
  });
});

const SPLIT_SIZES = { train: 6, validation: 6, test: 0 };
