import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyEmoji } from "../server/workers/host.ts";
import { graft, jsonLines, startGraft, temporaryFolder } from "./run-graft.ts";
import { type ServedGraft, serveGraft } from "./serve-graft.ts";

let server: ServedGraft;
let home = "";
let photos = "";

const ENV = { GRAFT_BACKEND: "onnx:cpu" } as const;
const local = (...words: string[]) => graft([...words, "--local"], home, { env: ENV });
const remote = (...words: string[]) =>
  graft([...words, "--server", server.url, "--token", server.token], home, { env: ENV });

beforeAll(async () => {
  const folder = await temporaryFolder("cli-server-features");
  photos = join(folder, "photos");
  await copyEmoji(photos, 14);
  home = join(folder, "home");
  await mkdir(home);
  server = await serveGraft(join(folder, "server"));
  await remote("inspect", photos);
}, 120_000);

afterAll(() => server.stop());

describe("graft features on a server", () => {
  const at = (name: string): string => join(home, name);
  const files = (name: string): Promise<readonly Buffer[]> =>
    Promise.all([`${name}.npy`, `${name}.json`].map((file) => readFile(at(file))));
  const OPTIONS = ["--weights", "bundled", "--size", "75", "--cut", "mixed1", "--backend", "onnx:cpu"];
  const computed = (how: typeof local, name: string, ...flags: string[]) =>
    how("features", photos, "--out", at(`${name}.npy`), ...OPTIONS, ...flags);

  it.each([["avg"], ["none"]])("gives the files of here, byte for byte, pool %s", async (pool) => {
    const ours = await computed(local, `here-${pool}`, "--pool", pool);
    const theirs = await computed(remote, `there-${pool}`, "--pool", pool);
    expect([theirs.code, theirs.stderr]).toEqual([0, expect.stringMatching(/^Sent 0 files; the server had/)]);
    expect(theirs.stdout).toBe(ours.stdout.replaceAll("here-", "there-"));
    expect(theirs.stdout).toMatch(/float32 \[28, .*path and label of each row/s);
    expect(await files(`there-${pool}`)).toEqual(await files(`here-${pool}`));
    expect((await readdir(home)).filter((name) => name.includes(".part"))).toEqual([]);
  });

  it("says the same as JSON, replaces nothing without being told to, and takes a set by its name there", async () => {
    const again = await computed(remote, "there-avg");
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("--force")]);
    const [ours] = jsonLines((await computed(local, "here-avg", "--force", "--json")).stdout);
    const named = await remote(
      ...["features", "photos", "--out", at("there-avg.npy"), ...OPTIONS, "--force", "--json"],
    );
    expect(jsonLines(named.stdout)).toEqual([
      { ...ours, features: at("there-avg.npy"), names: at("there-avg.json") },
    ]);
  });

  it("are among the searches, from which they are brought later", async () => {
    const searches = jsonLines((await remote("searches", "list", "--json")).stdout);
    const { id } = searches.find(({ kind, pool }) => kind === "features" && pool === "none") ?? {};
    const followed = await remote("searches", "follow", String(id));
    expect(followed.stdout).toMatch(/float32 \[28, .*Bring them: .*searches follow \S+ --out/s);
    const brought = await remote("searches", "follow", String(id), "--out", at("later.npy"));
    expect(brought.stdout).toMatch(/later\.npy: float32 .*later\.json: path and label of each row/s);
    expect(await files("later")).toEqual(await files("here-none"));
    const trained = await remote("searches", "train", String(id));
    expect([trained.code, trained.stderr]).toEqual([1, expect.stringContaining("nothing to train with")]);
    const gone = await remote("searches", "delete", String(id));
    expect(gone.stdout).toContain(`Deleted ${id}`);
    const unknown = await remote("searches", "follow", String(id), "--out", at("gone.npy"));
    expect([unknown.code, existsSync(at("gone.npy"))]).toEqual([1, false]);
  });

  it("leaves them going at Ctrl-C, writes nothing, and says how to come back", async () => {
    // no worker has it, so it waits
    const words = [
      "features",
      photos,
      "--out",
      at("left.npy"),
      ...OPTIONS.slice(0, 6),
      "--backend",
      "webgpu",
    ];
    const there = ["--server", server.url, "--token", server.token];
    const started = startGraft([...words, ...there], home);
    await started.waitFor(/Search \S+ of/);
    started.child.kill("SIGINT");
    const { code, stderr } = await started.done;
    expect([code, existsSync(at("left.npy"))]).toEqual([130, false]);
    expect(stderr).toMatch(/It goes on\. Look again: .*searches follow \S+ --out \S*left\.npy .*; stop it: /);
    const id = /Search (\S+) of/.exec(stderr)?.[1] ?? "";
    const wrong = await remote("searches", "follow", id, "--out", at("left.txt"));
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining(".npy")]);
    expect((await remote("searches", "cancel", id)).code).toBe(0);
  });

  it("says what a server cannot take, before anything is sent", async () => {
    const plain = at("plain");
    await mkdir(plain);
    const [picture = ""] = await readdir(join(photos, "animal"));
    await copyFile(join(photos, "animal", picture), join(plain, picture));
    for (const input of [plain, join(plain, picture), at("here-avg.npy")]) {
      const { code, stderr } = await remote("features", input, "--out", at("no.npy"), ...OPTIONS);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/data sets, and this is an? .*--local/)]);
    }
  });
});
