import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { newId, type WorkerRow } from "@graft/api";
import { PROTOCOL_VERSION, serializeError } from "@graft/core";
import type { NodeWorkspace } from "@graft/core/node";
import type { Store } from "@graft/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { openJobs } from "../../../apps/server/src/queue/open-jobs.ts";
import type { PgBossJobs } from "../../../apps/server/src/queue/pg-boss-jobs.ts";
import type { FoundBackends } from "../../../apps/server/src/workers/find-backends.ts";
import { LocalWorkers } from "../../../apps/server/src/workers/local-workers.ts";
import { RemoteWorkers } from "../../../apps/server/src/workers/remote/remote-workers.ts";
import { answerSchema, type SignIn } from "../../../apps/server/src/workers/remote/sign-in.ts";
import {
  type LinkTimes,
  SOCKET_OPTIONS,
  SocketLink,
} from "../../../apps/server/src/workers/remote/socket-link.ts";
import { WORKERS_PATH, workForServer } from "../../../apps/server/src/workers/remote/work-for-server.ts";
import type { TrainersOptions } from "../../../apps/server/src/workers/trainers.ts";
import { graft, jsonLines, ROOT, temporaryFolder } from "../../cli/run-graft.ts";
import { FROM_SOURCES } from "../../from-sources.ts";
import { openTestStore } from "../open-store.ts";
import { copyEmoji, FLAGS, homeWorkspace, lossesOf, modelHash, Trainings } from "./host.ts";
import { serveWorkers, type WorkersServer } from "./workers-server.ts";

const CHILD = join(import.meta.dirname, "remote-child.ts");
const SIGN_IN: SignIn = {
  ...{ type: "sign-in", version: "test", protocol: PROTOCOL_VERSION, name: "attic", threads: 1 },
  ...{
    backends: ["onnx:cpu"],
    names: ["onnx:cpu", "cpu"],
    platform: "",
    proofs: { "onnx:cpu": "0".repeat(64) },
  },
};
const BACKENDS = { ids: ["onnx:cpu"], names: ["onnx:cpu", "cpu"], proofs: { "onnx:cpu": "0".repeat(64) } };

/** A busy machine is given time. */
const PATIENT = { timeout: 120_000, interval: 10 };

describe("workers of other machines", () => {
  let folder: string;
  let home: string;
  let set: string;
  let store: Store;
  let jobs: PgBossJobs;
  let workspace: NodeWorkspace;
  let trainings: Trainings;
  let workers: RemoteWorkers;
  let server: WorkersServer;
  const troubles: unknown[] = [];
  const started: ChildProcess[] = [];

  const trainers = (): TrainersOptions => ({
    ...{ jobs, workers: store.repository.workers, workspace, train: trainings.train },
    ...{ clock: Date.now, version: "test", cache: "here" },
    log: { error: (error) => troubles.push(error), worker: () => undefined },
  });
  const newServer = (times?: LinkTimes): RemoteWorkers =>
    new RemoteWorkers({
      ...trainers(),
      ownProofs: async () => ({ "onnx:cpu": "1".repeat(64) }),
      ...(times ? { times } : {}),
    });

  beforeAll(async () => {
    folder = await temporaryFolder("remote-workers");
    home = join(folder, "home");
    set = join(folder, "emoji-few");
    await copyEmoji(set, 12);
    store = await openTestStore("pglite");
    jobs = await openJobs({ database: store.queue, onError: (error) => troubles.push(error) });
    workspace = homeWorkspace(home);
    trainings = new Trainings(set);
    workers = newServer();
    server = await serveWorkers(() => workers);
  });
  afterAll(async () => {
    for (const child of started) child.kill("SIGKILL");
    await workers.close(1000);
    await server[Symbol.asyncDispose]();
    await jobs[Symbol.asyncDispose]();
    await workspace[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });

  const submit = async (owner = "anna"): Promise<string> => {
    const id = newId();
    await jobs.submit({ id, kind: "train", subject: id, owner });
    return id;
  };
  /** Those that were not sent away. */
  const rows = async (): Promise<readonly WorkerRow[]> =>
    (await store.repository.workers.list()).filter(({ state }) => state !== "refused");
  const names = async (): Promise<readonly string[]> => (await rows()).map(({ name }) => name).toSorted();

  /** What a worker says when it is made by hand. */
  async function connected({
    token = server.token,
    ...options
  }: {
    readonly autoPong?: boolean;
    readonly token?: string;
  } = {}): Promise<SocketLink> {
    const socket = new WebSocket(server.url.replace("http", "ws") + WORKERS_PATH, {
      ...SOCKET_OPTIONS,
      ...options,
      headers: { authorization: `Bearer ${token}` },
    });
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return new SocketLink(socket);
  }
  const answerTo = async (link: SocketLink, signIn: unknown): Promise<unknown> => {
    const answer = new Promise((resolve) => link.onControl(resolve));
    link.say(signIn);
    return answer;
  };

  it("are refused clearly when they are of another version, and when they say nothing sensible", async () => {
    // whatever else an older one says, and however often
    for (const more of [{ machine: {} }, { name: "lab-3" }, { name: "lab-3" }]) {
      const older = await connected();
      const refused = await answerTo(older, { type: "sign-in", version: "0.0.9", protocol: 1, ...more });
      expect(answerSchema.parse(refused)).toMatchObject({ type: "refused", error: { code: "unsupported" } });
      expect(serializeError(troubles.pop()).message).toContain("Received: graft 0.0.9, protocol 1");
      await older.closed;
    }
    // who waits for a worker is told of them
    const sentAway = async () =>
      (await store.repository.workers.list())
        .filter(({ state }) => state === "refused")
        .map(({ name, version, owner }) => ({ name, version, owner }))
        .toSorted((one, other) => one.name.localeCompare(other.name));
    const one = { version: "0.0.9", owner: null };
    expect(await sentAway()).toEqual([
      { ...one, name: "a worker" },
      { ...one, name: "lab-3" },
    ]);
    const updated = await connected();
    expect(await answerTo(updated, { ...SIGN_IN, name: "lab-3" })).toMatchObject({ type: "welcome" });
    await expect.poll(sentAway).toEqual([{ ...one, name: "a worker" }]);
    updated.close();
    await updated.closed;
    await expect.poll(names).toEqual([]);
    const strange = await connected();
    expect(await answerTo(strange, { type: "sign-in" })).toMatchObject({ error: { code: "bad-input" } });
    await strange.closed;
    const large = await connected();
    large.say({ ...SIGN_IN, name: "a".repeat(100_000) });
    await large.closed;
    expect(troubles.splice(0)).toHaveLength(2);
    expect(await names()).toEqual([]);
  });

  it("end with a reason when another try would not change anything", async () => {
    const options = {
      ...{ server: server.url, token: server.token, version: "test", home, env: process.env },
      ...{ signal: new AbortController().signal, onLog: () => undefined, backends: BACKENDS },
    };
    for (const [change, code] of [
      [{ version: "0.0.9" }, "unsupported"],
      [{ token: "nobody's" }, "unauthorized"],
      [{ server: "trainer:8443" }, "bad-input"],
    ] as const)
      await expect(workForServer({ ...options, ...change })).rejects.toMatchObject({ code });
    troubles.length = 0;
  });

  it("come again when the server does, and leave when they are told to", async () => {
    const controller = new AbortController();
    const lines: string[] = [];
    const worked = workForServer({
      ...{ server: server.url, token: server.token, version: "test", home, env: process.env },
      ...{ signal: controller.signal, onLog: (line) => lines.push(line), backends: BACKENDS, name: "attic" },
    });
    await expect.poll(names, PATIENT).toEqual(["attic"]);
    const [first] = await rows();
    expect(first).toMatchObject({ kind: "remote", backends: ["onnx:cpu"], version: "test" });
    // what it proved is not what this machine computes
    expect(first?.groups).toEqual([`onnx:cpu@here/${"0".repeat(16)}`]);
    await workers.close(1000);
    expect(await names()).toEqual([]);
    workers = newServer();
    await expect.poll(names, PATIENT).toEqual(["attic"]);
    const [second] = await rows();
    expect(second?.id).not.toBe(first?.id);
    controller.abort();
    await worked;
    expect(lines.filter((line) => line.startsWith("Connected"))).toHaveLength(2);
    expect(lines.at(-1)).toBe("The worker has ended.");
    // it had no job that another one could go on with
    expect(lines.join("\n")).not.toContain("Stopping");
    await expect.poll(names).toEqual([]);
  });

  it("are taken for dead when nothing is heard of them, and their job goes back into the line", async () => {
    const before = workers;
    workers = newServer({ pingMs: 50, silentMs: 1500 });
    const link = await connected({ autoPong: false });
    await answerTo(link, SIGN_IN);
    const id = await submit();
    await link.closed;
    await expect.poll(async () => (await jobs.get(id))?.state).toBe("waiting");
    expect(await jobs.get(id)).toMatchObject({ attempts: 1 });
    await expect.poll(names).toEqual([]);
    await jobs.stop(id, "cancel");
    await workers.close(0);
    workers = before;
    troubles.length = 0;
  });

  it("of a member get that member's jobs, and are told nothing of others'", async () => {
    const { token, identity } = server.member;
    const link = await connected({ token });
    await answerTo(link, SIGN_IN);
    const others = await submit();
    const own = await submit(identity.account.id);
    await expect.poll(async () => (await jobs.get(own))?.state, PATIENT).toBe("active");
    expect((await jobs.get(others))?.state).toBe("waiting");
    link.close();
    await link.closed;
    await expect.poll(names).toEqual([]);
    for (const id of [others, own]) await jobs.stop(id, "cancel");
    troubles.length = 0;
  });

  it("lose their connection when their token is revoked", async () => {
    const link = await connected();
    expect(await answerTo(link, SIGN_IN)).toMatchObject({ type: "welcome" });
    workers.end("another's");
    await expect.poll(names).toEqual(["attic"]);
    workers.end(server.identity.token.id);
    await link.closed;
    await expect.poll(names).toEqual([]);
  });

  it("train to the command line's numbers, ended, killed and gone on with elsewhere", async () => {
    const commandHome = join(folder, "command-home");
    const commanded = graft(["train", set, ...FLAGS, "--json"], commandHome);
    const start = (
      name: string,
      backends?: FoundBackends,
    ): { readonly child: ChildProcess; readonly said: () => string } => {
      const options = {
        server: server.url,
        token: server.token,
        version: "test",
        home: join(folder, name),
        name,
        backends,
      };
      const child = spawn(process.execPath, [...FROM_SOURCES, CHILD, JSON.stringify(options)], { cwd: ROOT });
      started.push(child);
      let said = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (text) => {
          said += text;
        });
      return { child, said: () => said };
    };
    /** Its exit code or the signal. */
    const endOf = (child: ChildProcess): Promise<unknown> =>
      new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
    const first = start("first");
    await expect.poll(names, PATIENT).toEqual(["first"]);
    // what it proved by itself
    const [{ groups } = { groups: [] }] = await rows();
    expect(groups.join()).toMatch(/onnx:cpu@here\/[0-9a-f]{16}(,|$)/);
    const told = { first: 0, second: 0 };
    let working: "first" | "second" = "first";
    trainings.onEvent(({ type }) => {
      if (type === "epoch-end") told[working]++;
    });
    const id = await submit();
    await expect.poll(() => told.first, PATIENT).toBeGreaterThan(0);
    const ended = endOf(first.child);
    first.child.kill("SIGTERM");
    expect(await ended).toBe(0);
    working = "second";
    expect(first.said()).toContain("Stopping so that another worker can go on.");
    expect(await jobs.get(id)).toMatchObject({ state: "waiting", place: 1 });

    const second = start("second", BACKENDS);
    await expect.poll(() => told.second, PATIENT).toBeGreaterThan(0);
    const killed = endOf(second.child);
    second.child.kill("SIGKILL");
    expect(await killed).toBe("SIGKILL");
    await expect.poll(async () => (await jobs.get(id))?.state, PATIENT).toBe("waiting");
    await expect.poll(names, PATIENT).toEqual([]);
    expect(troubles.splice(0)).toMatchObject([{ code: "backend" }]);

    await using local = new LocalWorkers({
      ...trainers(),
      count: 1,
      home,
      env: process.env,
      checkpointMs: 0,
    });
    await expect.poll(async () => (await jobs.get(id))?.state, PATIENT).toBe("done");
    await local.close(10_000);
    const { stdout, stderr, code } = await commanded;
    expect(code, stderr).toBe(0);
    const events = jsonLines(stdout);
    const byEpoch = new Map(lossesOf(trainings.events).map((losses) => [losses[0], losses]));
    expect([...byEpoch.values()]).toEqual(lossesOf(events));
    const run = trainings.runs.get(id) ?? "";
    expect(await modelHash(home, run)).toBe(await modelHash(commandHome, String(events.at(-1)?.run)));
    const log = await (await workspace.runs.open(run)).readEvents();
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_event, at) => at));
    expect(troubles).toEqual([]);
  }, 400_000);
});
