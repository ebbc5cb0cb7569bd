import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { itLong } from "../long.ts";
import { copyEmoji } from "../server/workers/host.ts";
import { PROGRAM } from "../setup/build-graft.ts";
import { graft, jsonLines, ROOT, startGraft, temporaryFolder } from "./run-graft.ts";
import { type ServedGraft, serveGraft } from "./serve-graft.ts";

/** `graft serve` as a user starts it, and commands that go there. */
let server: ServedGraft;
let link = "";
let home = "";
let photos = "";

const FAST = ["--weights", "bundled", "--size", "75", "--cut", "mixed0", "--backend", "onnx:cpu"];

beforeAll(async () => {
  const folder = await temporaryFolder("cli-server");
  photos = join(folder, "photos");
  await copyEmoji(photos, 12);
  home = join(folder, "home");
  server = await serveGraft(join(folder, "server"));
  link = server.link;
});

afterAll(() => server.stop());

it("signs in, trains there, and asks the model of a picture", async () => {
  const login = await graft(["login", link], home);
  expect(login.stdout).toMatch(/Signed in at http:\S+ as admin \(admin\)/);
  expect((await stat(join(home, "login.json"))).mode & 0o777).toBe(0o600);

  const { code, stdout, stderr } = await graft(["train", photos, ...FAST, "--epochs", "2", "--json"], home);
  if (code !== 0) throw new Error(stderr);
  const events = jsonLines(stdout);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, seq) => seq));
  expect(events.at(-1)).toMatchObject({ type: "run-end", status: "completed" });
  const run = String(events.at(-1)?.run);

  // nothing travels again, and what a run made here says of itself is told there, too
  const again = await graft(["train", photos, ...FAST, "--epochs", "2"], home);
  expect(again.stderr).toMatch(/Sent 0 files; the server had \d+ already/);
  expect(again.stdout).toMatch(/Validation: accuracy .* of \d+ images/);

  const runs = jsonLines((await graft(["runs", "list", "--json"], home)).stdout);
  expect(runs.map(({ state, number }) => [number, state])).toEqual([
    [2, "completed"],
    [1, "completed"],
  ]);
  const listed = (await graft(["runs", "list"], home)).stdout;
  expect(listed).toMatch(/^run +state .* made +owner$/m);
  expect(listed).toMatch(new RegExp(`^${run} .* \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d +admin$`, "m"));
  const asked = await graft(["predict", run, photos, "--json"], home);
  const answers = jsonLines(asked.stdout);
  expect(answers.length).toBe(24);
  for (const answer of answers) expect(answer).toMatchObject({ label: expect.any(String) });
});

itLong(
  "sweeps and finds a learning rate there with the numbers of here, and says how to come back",
  async () => {
    const axes = ["--cuts", "mixed0", "--sizes", "75", "--learning-rates", "0.001,0.01", "--epochs", "3"];
    const fast = ["--weights", "bundled", "--backend", "onnx:cpu"];
    const found = async (...words: string[]) => {
      const { code, stdout, stderr } = await graft([...words, "--json"], home);
      if (code !== 0) throw new Error(stderr);
      return jsonLines(stdout)[0] ?? {};
    };
    const there = await found("sweep", photos, ...axes, ...fast);
    const here = await found("sweep", photos, ...axes, ...fast, "--local");
    expect(Object.keys(there)).toEqual(Object.keys(here));
    const figures = (result: object) => Object(result).rows.map((row: object) => ({ ...row, predictMs: 0 }));
    expect(figures(there)).toEqual(figures(here));
    const shown = await graft(["sweep", photos, ...axes, ...fast], home);
    expect(shown.stdout).toMatch(/→ +mixed0 .*%[\s\S]*Train it with: .*train .* --cut mixed0/);
    expect(shown.stderr).toMatch(/Sent 0 files/);

    const rate = await found("lr-find", photos, ...FAST);
    expect(Object.keys(rate)).toEqual(["curve", "learningRate"]);

    const searches = jsonLines((await graft(["searches", "list", "--json"], home)).stdout);
    expect(searches.map(({ kind, state }) => `${kind} ${state}`)).toEqual([
      ...["find-rate completed", "sweep completed", "sweep completed"],
    ]);
    const ids = searches.map(({ id }) => String(id));
    const followed = await graft(["searches", "follow", ids[0] ?? ""], home);
    expect(followed.stdout).toContain(`The loss falls fastest at ${rate.learningRate}.`);
    const run = jsonLines((await graft(["searches", "train", ids[0] ?? "", "--json"], home)).stdout)[0];
    expect(run).toMatchObject({ config: { learningRate: rate.learningRate } });
    await graft(["runs", "cancel", String(run?.id)], home);
    await graft(["runs", "follow", String(run?.id)], home);
    await graft(["runs", "delete", String(run?.id)], home);
    expect((await graft(["searches", "delete", ...ids], home)).stdout).toContain(`Deleted ${ids[0]}`);
    expect((await graft(["searches", "list"], home)).stdout).toContain("No searches on");
  },
);

it.each([
  ["a search", "searches", ["sweep", "--cuts", "mixed0", "--sizes", "75", "--epochs", "60", "--seeds", "50"]],
  ["a run", "runs", ["train", "--size", "75", "--cut", "mixed0", "--epochs", "500", "--no-early-stop"]],
])("leaves %s going at Ctrl-C, and says how to come back", async (_, kind, [command = "", ...flags]) => {
  const words = [command, photos, ...flags, ...FAST.slice(0, 2), "--home", home];
  const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (piece: Buffer) => {
    const isFirst = !/^(Search|Run) /m.test(said);
    said += piece.toString();
    if (isFirst && /^(Search|Run) /m.test(said)) child.kill("SIGINT");
  });
  const [code] = await once(child, "exit");
  expect({ code, said }).toEqual({
    code: 130,
    said: expect.stringMatching(new RegExp(`goes on\\. Look again: .*${kind} follow`)),
  });
  const [{ id, state } = {}] = jsonLines((await graft([kind, "list", "--json"], home)).stdout);
  expect(["queued", "running"]).toContain(state);
  await graft([kind, "cancel", String(id)], home);
  await graft([kind, "follow", String(id)], home);
  expect((await graft([kind, "delete", String(id)], home)).stdout).toContain(`Deleted ${id}`);
});

it("keeps folders of one name apart, and says what a folder has no more", async () => {
  const other = join(home, "../elsewhere/photos");
  await copyEmoji(other, 15);
  for (const label of await readdir(photos))
    for (const name of await readdir(join(photos, label))) await rm(join(other, label, name));
  const inspect = async (): Promise<string> => {
    const { code, stderr } = await graft(["inspect", other], home);
    expect(code, stderr).toBe(0);
    return stderr;
  };
  expect(await inspect()).toContain('Its data set there is "photos 2": "photos" has other pictures.');
  const [label = ""] = await readdir(other);
  const [gone = ""] = await readdir(join(other, label));
  await rm(join(other, label, gone));
  const again = await inspect();
  expect(again).toMatch(
    /Sent 0 files; the server had 5 already\.[\s\S]*"photos 2"|"photos 2"[\s\S]*Sent 0 files/,
  );
  expect(again).toContain("Note: the data set there has 1 picture that is not in");
});

it("takes no data set of another account by its name, though an admin may see it", async () => {
  const { url, token } = server;
  const api = async (path: string, given: string, body?: unknown) => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${given}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    });
    const said = await answer.text();
    if (!answer.ok) throw new Error(said);
    return jsonLines(said)[0] ?? {};
  };
  const bea = await api("/accounts", token, { name: "Bea", role: "member" });
  const { dataset } = await api("/datasets", String(bea.secret), { name: "pets" });
  const pets = join(home, "../mine/pets");
  await copyEmoji(pets, 3);
  const { code, stderr } = await graft(["inspect", pets], home);
  expect(code, stderr).toBe(0);
  expect(await api(`/datasets/${Object(dataset).id}`, token)).toMatchObject({ pictures: 0 });
  const named = await graft(["inspect", String(Object(dataset).id)], home);
  expect(named.stderr + named.stdout).not.toContain("There is no such data set");
});

it("says what the server can do", async () => {
  const { code, stdout } = await graft(["doctor", "--json"], home);
  const [found] = jsonLines(stdout);
  expect({ code, found }).toMatchObject({
    code: 0,
    found: {
      isOk: true,
      checks: ["store", "blobs", "queue", "disk", "workers", "engines"].map((what) => ({ what, isOk: true })),
      engines: expect.arrayContaining([
        expect.objectContaining({ id: "onnx:cpu", isUsable: true, int8: expect.objectContaining({}) }),
      ]),
      workers: [{ kind: "local", backends: expect.arrayContaining(["onnx:cpu"]) }],
      host: { runtime: `Node ${process.version}` },
    },
  });
  const shown = await graft(["doctor"], home);
  expect(shown.stdout).toMatch(/store +well +Rows are written and read back\.[\s\S]*The server is well\./);
});

it("says what takes room there, and what frees it; who is no admin is told what to do", async () => {
  const [url = "", token = ""] = link.split("/enter#");
  const shown = await graft(["cache", "show"], home);
  expect(shown.stdout).toMatch(/can go; .* of its disk are free/);
  expect(shown.stdout).toMatch(/^features +.*kB +\d+ +.*kB +What the network saw in each picture$/m);
  expect(shown.stdout).toMatch(/^picture +.*kB +\d+ +- +Pictures of data sets$/m);
  // of the trainings above it is known how fast pictures are looked at
  expect(shown.stdout).toMatch(/^features: .* To compute all of them again takes about \d+ s\.$/m);
  const pruned = await graft(["cache", "prune"], home);
  expect(pruned.stdout).toMatch(/^Freed .*kB on http:\S+ \(features .*kB\)\.\n$/);
  const [found] = jsonLines((await graft(["cache", "show", "--json"], home)).stdout);
  const rooms: readonly { readonly kind: string; readonly bytes: number }[] = Object(found).kinds;
  const bytes = Object.fromEntries(rooms.map((room) => [room.kind, room.bytes]));
  expect(bytes).toMatchObject({ features: 0, picture: expect.any(Number), model: expect.any(Number) });
  // this computer has a cache of its own
  const own = await graft(["cache", "show", "--local"], home);
  expect(own.stdout).toMatch(/\d+ features?, 0 unpacked archives/);
  expect(own.stdout.startsWith(`${home}: `)).toBe(true);
  const wrong = await graft(["cache", "prune", "--only", "models"], home);
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("and not models")]);
  const answer = await fetch(`${url}/api/v1/accounts`, {
    ...{ method: "POST", body: JSON.stringify({ name: "Cleo", role: "member" }) },
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  });
  const { secret } = Object(await answer.json());
  const refused = await graft(["cache", "show", "--server", url, "--token", String(secret)], home);
  expect(refused.stderr).toContain("add --local");
});

it("brings a model to this computer, which answers here as it does there", async () => {
  const out = join(home, "model");
  const runs = jsonLines((await graft(["runs", "list", "--json"], home)).stdout);
  const run = runs.find(({ state }) => state === "completed")?.id;
  const followed = await graft(["runs", "follow", String(run), "--out", out], home);
  expect(followed.stdout).toContain(`Model: ${out}`);
  const ask = async (model: string, ...flags: string[]) =>
    jsonLines((await graft(["predict", model, photos, "--json", ...flags], home)).stdout);
  const [here, there] = [await ask(out, "--local", "--backend", "onnx:cpu"), await ask(String(run))];
  expect(there.map(({ image, label }) => [image, label])).toEqual(
    here.map(({ image, label }) => [image, label]),
  );
  for (const [i, { score }] of there.entries()) expect(score).toBeCloseTo(Number(here[i]?.score), 5);
});

it("runs the README's Python script, which also ends when its run was cancelled", async ({ skip }) => {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const script = /```python\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const [url = "", token = ""] = link.split("/enter#");
  const python = async (code: string): Promise<{ readonly code: number | null; readonly said: string }> => {
    const child = spawn("python3", ["-c", code, join(photos, "animal/ant-fluent.webp")], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, GRAFT_SERVER: url, GRAFT_TOKEN: token },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (piece: Buffer) => {
        said += piece.toString();
      });
    const [exit] = await Promise.race([once(child, "exit"), once(child, "error").then(() => [127])]);
    return { code: exit, said };
  };
  skip((await python("print(1)")).code !== 0, "no python3");
  const { code, said } = await python(script);
  expect({ code, said }).toEqual({
    code: 0,
    said: expect.stringMatching(/valAccuracy.* (animal|food|transport)\n$/),
  });
  const [functions = "", first = ""] = script.split(/^(?=made = )/m);
  expect(first).toContain("/predict");
  const cancelled = `${functions}
set = graft("GET", "/datasets")["items"][0]["id"]
run = graft("POST", "/runs", {"dataset": set, "config": {"weights": "bundled"}})["id"]
graft("POST", "/runs/" + run + "/cancel")
until("/runs/" + run)
print("went on")`;
  expect(await python(cancelled)).toEqual({ code: 1, said: expect.stringMatching(/^cancelled: /) });
});

it("goes on showing a run whose server was killed and started again, and says so in a log", async () => {
  const words = ["train", photos, ...FAST, "--epochs", "10000", "--no-early-stop", "--json"];
  const training = startGraft(words, home);
  const epoch = await training.waitFor(/\{[^\n]*"type":"epoch-end"[^\n]*\}/);
  const run = String(jsonLines(epoch)[0]?.run);
  const { url, token } = server;
  await server.stop("SIGKILL");
  await training.waitFor(/No answer from \S+: trying again\./);
  server = await serveGraft(join(home, "../server"), { port: Number(new URL(url).port), token });
  // from a checkpoint, or anew where there was none yet
  await training.waitFor(/"type":"run-start"[\s\S]*"type":"run-start"/);
  expect((await graft(["runs", "cancel", run], home)).code).toBe(0);
  const { code, stdout, stderr } = await training.done;
  expect(code).toBe(130);
  const events = jsonLines(stdout);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, seq) => seq));
  expect(stderr.match(/No answer from/g)).toHaveLength(1);
});

it("says what a server refuses, in the words of the command line", async () => {
  const wrong = await graft(["runs", "show", "nobody", "--json"], home);
  expect(wrong.code).toBe(1);
  expect(wrong.stderr).toContain(
    "There is no such run. Received: nobody. To see all of them: graft runs list",
  );
  const stranger = await graft(
    ["runs", "list", "--server", link.replace(/\/enter.*/, ""), "--token", "graft_x"],
    home,
  );
  expect(stranger.code).toBe(2);
  expect(stranger.stderr).not.toContain("    at ");
  const gone = await graft(["runs", "list", "--server", "http://127.0.0.1:2", "--token", "graft_x"], home);
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("does not answer")]);
  const local = await graft(["weights", "list", "--server", "http://127.0.0.1:2"], home);
  expect([local.code, local.stderr]).toEqual([2, expect.stringContaining("this computer alone")]);
});

it("does commands here again after logout", async () => {
  expect((await graft(["logout"], home)).stdout).toContain("Signed out");
  expect((await graft(["runs", "list"], home)).stdout).toContain("No runs in");
  expect((await graft(["logout"], home)).stdout).toContain("Nobody was signed in");
});
