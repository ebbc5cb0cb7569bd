import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { graft, jsonLines, temporaryFolder } from "../cli/run-graft.ts";
import { type ExpectedHome, expectedSchema } from "./expected.ts";
import { unpackHome } from "./home-archive.ts";

const FIXTURE = join(import.meta.dirname, "fixtures", "0.1.0-0ef2d37");
const SMALL = ["--weights", "bundled", "--cut", "mixed0", "--size", "75", "--backend", "onnx:cpu"];

let expected: ExpectedHome;
let root = "";
let home = "";
beforeEach(async () => {
  expected = expectedSchema.parse(JSON.parse(await readFile(`${FIXTURE}.json`, "utf8")));
  root = await temporaryFolder("newer");
  home = join(root, "home");
  await unpackHome(`${FIXTURE}.tar.br`, root);
});

/** Writes a later version over the one in the file. @returns what undoes it. */
async function raise(path: string, from: string, to: string): Promise<() => Promise<void>> {
  const bytes = await readFile(path);
  const at = bytes.indexOf(from);
  expect(at, `${from} in ${path}`).toBeGreaterThanOrEqual(0);
  const newer = Buffer.from(bytes);
  newer.write(to, at, "latin1");
  await writeFile(path, newer);
  return () => writeFile(path, bytes);
}

const run = (words: readonly string[]) => graft(words, home, { cwd: root });
const byNewer = /was written by a newer graft.*Use that newer version of graft\./;

describe("what a newer graft wrote", () => {
  it("as features is left alone: a training computes its own, and says so once", async () => {
    const spaces = join(home, "cache", "features");
    const packs = (await readdir(spaces, { recursive: true })).filter((name) => name.endsWith(".pack"));
    const paths = packs.map((name) => join(spaces, name));
    for (const path of paths) await raise(path, "graftpk1", "graftpk2");
    const newer = await Promise.all(paths.map((path) => readFile(path)));
    const words = ["train", "pictures", ...SMALL, "--epochs", "2", "--json"];
    const { code, stdout, stderr } = await run(words);
    expect(code, stderr).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ type: "run-end", status: "completed" });
    expect(stderr.match(/The cache holds features from a newer graft/g)).toHaveLength(1);
    expect(await Promise.all(paths.map((path) => readFile(path)))).toEqual(newer);
    const { stdout: shown } = await run(["cache", "show", "--json"]);
    expect(jsonLines(shown)[0]).toMatchObject({ entries: 10 });
  });

  it("as a checkpoint is not gone on from, and not lost: the newer graft can", async () => {
    for (const { run: id } of expected.resumable) {
      const folder = join(home, "runs", id, "checkpoints");
      const names = (await readdir(folder)).filter((name) => name.startsWith("epoch-"));
      const undo = await Promise.all(names.map((name) => raise(join(folder, name), "GRAFTT1", "GRAFTT2")));
      const before = await readdir(folder);
      const { code, stderr } = await run(["runs", "resume", id]);
      expect(code).toBe(1);
      expect(stderr).toMatch(byNewer);
      expect(stderr).toContain(folder);
      expect(await readdir(folder)).toEqual(before);
      for (const back of undo) await back();
      const resumed = await run(["runs", "resume", id, "--json"]);
      expect(resumed.code, resumed.stderr).toBe(0);
    }
  });

  it("as a run is named by the list, which goes on, and refused where it is asked for", async () => {
    const { run: id } = expected.finished;
    await raise(join(home, "runs", id, "run.json"), '"version": 1', '"version": 2');
    const list = await run(["runs", "list", "--json"]);
    expect(list.code).toBe(0);
    const listed = jsonLines(list.stdout);
    expect(listed.find((one) => one.id === id)?.problem).toMatch(byNewer);
    expect(listed.filter(({ state }) => state === "interrupted")).toHaveLength(expected.resumable.length);
    const shown = await run(["runs", "show", id]);
    expect(shown.code).toBe(1);
    expect(shown.stderr).toMatch(byNewer);
  });

  it("as a model is refused by name", async () => {
    await raise(join(root, "model", "graft.json"), '"formatVersion": 1', '"formatVersion": 2');
    const { image = "" } = expected.predictions[0] ?? {};
    const { code, stderr } = await run(["predict", "model", image]);
    expect(code).toBe(1);
    expect(stderr).toMatch(byNewer);
  });
});
