import { join } from "node:path";
import { startServer } from "@graft/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { itLong } from "../long.ts";
import { ask } from "../server/http/ask.ts";
import { copyEmoji } from "../server/workers/host.ts";
import { graft, jsonLines, type StartedGraft, startGraft, temporaryFolder } from "./run-graft.ts";
import { type ServedGraft, serveGraft } from "./serve-graft.ts";

/** `graft worker` as a person starts it, for a server that trains nothing by itself. */
let server: ServedGraft;
let folder = "";
let home = "";
let photos = "";
let token = "";

const madeSchema = z.object({ secret: z.string() });

async function makeToken(role: string): Promise<string> {
  const { body } = await ask(`${server.url}/api/v1/tokens`, {
    ...{ method: "POST", token: server.token, body: { name: role, role } },
  });
  return madeSchema.parse(body).secret;
}

beforeAll(async () => {
  folder = await temporaryFolder("cli-worker");
  home = join(folder, "home");
  photos = join(folder, "photos");
  await copyEmoji(photos, 12);
  server = await serveGraft(join(folder, "server"), { flags: ["--workers", "0"] });
  token = await makeToken("worker");
});

afterAll(() => server.stop());

const startWorker = (name: string, url = server.url, secret = token): StartedGraft =>
  startGraft(["worker", "--server", url, "--token", secret, "--name", name], join(folder, "worker-home"));

const remote = (...words: string[]) =>
  graft([...words, "--server", server.url, "--token", server.token], home);

const stateOf = async (run: string): Promise<unknown> =>
  jsonLines((await remote("runs", "show", run, "--json")).stdout)[0]?.state;

it("is missed by a server that trains nothing by itself, which says so when it starts", () => {
  expect(server.said()).toContain(
    `Nothing trains here by itself (--workers 0): what is asked for waits until a worker signs in. Start one with graft worker --server ${server.url} --token TOKEN`,
  );
});

itLong("is waited for in words that say what to do, once, and again when that changes", async () => {
  const there = ["--server", server.url, "--token", server.token];
  const training = startGraft(
    ["train", photos, "--weights", "bundled", "--size", "75", "--backend", "cuda", ...there],
    home,
  );
  const none = await training.waitFor(/^Waiting for a worker with cuda: none is connected\. .*\n/m);
  expect(none).toContain(`Start one with graft worker --server ${server.url} --token TOKEN`);
  const [, run = ""] = /runs cancel (\w+)/.exec(none) ?? [];
  const sweep = startGraft(["sweep", photos, "--backend", "cuda", ...there], home);
  const missed = await sweep.waitFor(/^Waiting for a worker with cuda: none is connected\. .*\n/m);
  const [, search = ""] = /searches cancel (\w+)/.exec(missed) ?? [];

  const other = startWorker("other");
  for (const waiting of [training, sweep])
    await waiting.waitFor(/^Waiting for a worker with cuda: the one that is connected has .*onnx:cpu.*\n/m);
  const shown = await remote("runs", "show", run);
  expect(shown.stdout).toMatch(/^waits +Waiting for a worker with cuda: the one that is connected has /m);
  expect(shown.stdout).toMatch(/^backend +cuda, once it begins$/m);
  expect((await remote("runs", "list")).stdout).toMatch(/ queued, needs a worker with cuda +photos /);
  const listed = (await remote("searches", "list")).stdout;
  expect(listed).toMatch(new RegExp(`${search} +sweep +queued, needs a worker with cuda +photos `));

  expect((await remote("searches", "cancel", search)).code).toBe(0);
  expect((await remote("runs", "cancel", run)).code).toBe(0);
  for (const { stderr } of [await training.done, await sweep.done]) {
    expect(stderr.match(/Waiting for a worker with cuda: none/g)).toHaveLength(1);
    expect(stderr.match(/Waiting for a worker with cuda: the one/g)).toHaveLength(1);
  }
  other.child.kill("SIGTERM");
  await other.done;
});

describe("graft worker", () => {
  it("trains for a server, gives its run back when it is stopped, and another one goes on with it", async () => {
    const words = ["--weights", "bundled", "--size", "75", "--cut", "mixed0", "--backend", "onnx:cpu"];
    const training = startGraft(
      [
        ...["train", photos, ...words, "--epochs", "4000", "--no-early-stop", "--json"],
        ...["--server", server.url, "--token", server.token],
      ],
      home,
    );
    const first = startWorker("first");
    await first.waitFor(/Connected to \S+ as first\./);
    const epoch = await training.waitFor(/\{[^\n]*"type":"epoch-end"[^\n]*\}/);
    const { run } = z.object({ run: z.string() }).parse(JSON.parse(epoch));
    first.child.kill("SIGTERM");
    const ended = await first.done;
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining("The worker has ended.")]);
    expect(ended.stderr).toContain("Stopping so that another worker can go on.");
    expect(await stateOf(run)).toBe("queued");

    const second = startWorker("second");
    await second.waitFor(/Connected to \S+ as second\./);
    await training.waitFor(/"resumedFromEpoch":\d+/);
    expect(await stateOf(run)).toBe("running");
    expect((await remote("runs", "cancel", run)).code).toBe(0);
    expect((await training.done).code).toBe(130);
    second.child.kill("SIGINT");
    expect((await second.done).code).toBe(0);
  });

  it("is told at once that a token lets no worker in", async () => {
    const stranger = await startWorker("x", server.url, "graft_x").done;
    expect([stranger.code, stranger.stderr]).toEqual([2, expect.stringContaining("mistyped")]);
    const pupil = await startWorker("x", server.url, await makeToken("member")).done;
    expect([pupil.code, pupil.stderr]).toEqual([1, expect.stringContaining("role worker")]);
    // no engine was looked at for it
    for (const { stderr } of [stranger, pupil]) expect(stderr).not.toContain("engines");
  });

  it("waits for a server that is not there, until it is stopped", async () => {
    const waiting = startWorker("patient", "http://127.0.0.1:2");
    await waiting.waitFor(/cannot be reached: .*Trying again in \d+ s\./);
    waiting.child.kill("SIGTERM");
    const { code, stderr } = await waiting.done;
    expect([code, stderr]).toEqual([0, expect.stringContaining("The worker has ended.")]);
    expect(stderr).not.toMatch(/ {4}at |the training/);
  });

  it("says which of the two is to be updated, where the server has another version", async () => {
    const other = await startServer({
      ...{ home: join(folder, "newer"), version: "99.0.0", env: {}, port: 0, workers: 0, logLevel: "silent" },
    });
    try {
      const { code, stderr } = await startWorker("old", other.url, other.admin.token ?? "").done;
      expect(code).toBe(1);
      expect(stderr).toMatch(/99\.0\.0/);
      expect(stderr).toMatch(/[Uu]pdate|[Ii]nstall/);
      expect(stderr).not.toContain("engines");
      // and who waits there for one is told of it
      const { body } = await ask(`${other.url}/api/v1/workers`, { token: other.admin.token ?? "" });
      expect(body).toMatchObject([{ name: "old", state: "other-version" }]);
    } finally {
      await other.close();
    }
  });

  it("needs to know which server", async () => {
    const { code, stderr } = await graft(["worker"], home);
    expect([code, stderr]).toEqual([2, expect.stringContaining("--server ADDRESS --token TOKEN")]);
    const help = await graft(["worker", "--help"], home);
    for (const way of [
      "--server <address>",
      "--token <token>",
      "GRAFT_SERVER",
      "GRAFT_TOKEN",
      "--worker-token",
    ])
      expect(help.stdout).toContain(way);
  });
});
