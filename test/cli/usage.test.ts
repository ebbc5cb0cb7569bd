import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { graft, ROOT, temporaryFolder } from "./run-graft.ts";

let home = "";
beforeAll(async () => {
  home = await temporaryFolder("usage");
});

describe("help", () => {
  it("lists every command on stdout", async () => {
    const { code, stdout } = await graft(["--help"], home);
    expect(code).toBe(0);
    const commands =
      "train evaluate predict features inspect runs serve weights cache engines doctor bench demo completion";
    for (const command of commands.split(" ")) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, "m"));
  });

  it("loads no engine, no image library and no schema", async () => {
    const hooks = `export async function load(url, context, next) { process._rawDebug("loaded " + url); return next(url, context); }`;
    const register = `import { register } from "node:module"; register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hooks)}));`;
    const preload = `data:text/javascript,${encodeURIComponent(register)}`;
    const { stderr } = await graft(["--help"], home, { nodeFlags: ["--import", preload] });
    const loaded = stderr.match(/^loaded .*$/gm) ?? [];
    expect(loaded.join("\n")).toMatch(/apps\/cli\/bundle\/main\.js/);
    const heavy = loaded.filter((line) =>
      /zod|sharp|onnxruntime|tensorflow|packages\/(core|backend)/.test(line),
    );
    expect(heavy.slice(0, 3)).toEqual([]);
  });

  it("says a default once", async () => {
    const { stdout } = await graft(["cache", "prune", "--help"], home);
    expect(stdout.match(/\(default: .*\)/g)).toEqual(["(default: nothing)"]);
  });

  it("has every option of a training with its default", async () => {
    const { stdout } = await graft(["train", "--help"], home);
    expect(stdout.replaceAll(/\s+/g, " ")).toMatch(/--batch-size <images> .*default: 32; classic: 20/);
    expect(stdout).toContain("--no-early-stop");
  });
});

describe("wrong usage", () => {
  it.each([
    [["train", "emoji", "--batch-size", "0"], /--batch-size: .*Received: 0/],
    [["train", "emoji", "--size", "74"], /--size: .*75.*Received: 74/],
    [["train", "emoji", "--cut", "mixed11"], /mixed0, mixed1, .*mixed10/],
    [["train", "emoji", "--epochs", "ten"], /--epochs: .*Received: "ten"/],
    [["train", "emoji", "--learning-rat", "1"], /Did you mean --learning-rate/],
    [["train"], /missing required argument 'dataset'/],
    [["trian", "emoji"], /Did you mean train/],
    [["evaluate", "model", "emoji", "--precision-target", "95"], /above 0 and at most 1.*95%/],
    [["evaluate", "model", "emoji", "--split", "half"], /train, validation, test, all/],
    [["features", "emoji"], /--out/],
    [["cache", "prune", "--max-bytes", "much"], /such as 2GB/],
    [["engines", "install", "cuda"], /tensorflow or tensorflow-cuda/],
    [["train", "emoji", "--config", "no-such.json"], /no-such\.json cannot be read/],
    [["predict", "model", "a.jpg", "--json", "--csv"], /choose one/],
    [["train", "no-such-folder", "--backend", "abacus"], /--backend: .*Received: abacus.*cpu.*onnx:cpu/],
    [["evaluate", "no-such-model", "emoji", "--backend", "cpu2"], /--backend: .*cpu2/],
    [["train", "no-such-folder", "--weights", "no-such.h5"], /--weights: .*no-such\.h5.*imagenet/],
    [
      ["features", "emoji", "--out", "x.npy", "--weights", "."],
      /--weights: it is neither a file nor a graft model/,
    ],
    [["train", "emoji", "--weights", "s3://bucket/w.h5"], /--weights: .*s3:.*http/],
    [["train", "emoji", "--weights", ""], /--weights: it needs a value/],
    [["train", "emoji", "--out", ""], /--out: it needs a value/],
    [["runs", "list", "--home", ""], /--home: no folder was given.*~\/\.graft/],
    [["cache", "show", "--home", "package.json"], /--home: .*package\.json is not a folder/],
    [["weights", "fetch", "resnet"], /name.*"resnet".*imagenet, or an address/],
    [["weights", "fetch", "./w.h5"], /file needs no fetching.*--weights/],
    [["weights", "fetch", ""], /Received: "".*imagenet/],
    [["weights", "fetch", "http://user:secret@host/w.h5"], /Received: http:\/\/host\/w\.h5/],
    [["engines", "install", ""], /Received: "".*tensorflow-cuda/],
    [["train", ""], /dataset: it must not be empty.*folder, \.zip/],
    [["train", " "], /dataset: it must not be empty/],
    [["inspect", ""], /dataset: it must not be empty/],
    [["features", "", "--out", "f.npy"], /dataset: it must not be empty/],
    [["evaluate", "model", ""], /dataset: it must not be empty/],
    [["evaluate", "", "emoji"], /model: it must not be empty.*run id/],
    [["predict", "model", "a.jpg", ""], /images: it must not be empty.*folders/],
    [["bench", ""], /dataset: it must not be empty/],
    [["runs", "delete", ""], /runs: it must not be empty/],
  ])("%j exits with 2 and says why", async (words, message) => {
    const { code, stdout, stderr } = await graft(words, home);
    expect(stderr.replaceAll(/\s+/g, " ")).toMatch(message);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  it("refuses a saved config with an unknown option and names it", async () => {
    const file = join(home, "config.json");
    await writeFile(file, JSON.stringify({ epoch: 3 }));
    const { code, stderr } = await graft(["train", "emoji", "--config", file], home);
    expect(stderr).toMatch(/epoch/);
    expect(code).toBe(2);
  });
});

describe("a file that holds no options", () => {
  it("is named with the flag, what it holds, what was expected and what to do", async () => {
    const { code, stderr } = await graft(["train", "emoji", "--config", "package.json"], home);
    expect(stderr).toMatch(/^graft: --config: package\.json .*"name", .*and \d+ more/);
    expect(stderr).toMatch(/Expected: a model's graft\.json or a run's run\.json\. \S/);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(code).toBe(2);
  });

  it("is refused when its config is none", async () => {
    const file = join(home, "number.json");
    await writeFile(file, '{"config": 3}');
    const { code, stderr } = await graft(["train", "emoji", "--config", file], home);
    expect(stderr).toMatch(/--config: .*number\.json.*graft\.json or a run's run\.json/);
    expect(code).toBe(2);
  });
});

describe("a run's folder without run.json", () => {
  it("is listed with its problem below the table, and can be deleted", async () => {
    const folder = join(home, "runs", "foo");
    await mkdir(folder, { recursive: true });
    const listed = await graft(["runs", "list"], home);
    expect(listed.stdout).toMatch(/^foo +broken$/m);
    expect(listed.stdout).toMatch(/^Broken:\n {2}foo {2}.*run\.json is missing\..*runs delete/m);
    const { code, stdout, stderr } = await graft(["runs", "delete", "foo"], home);
    expect([code, stdout, stderr]).toEqual([0, "Deleted foo\n", ""]);
    expect(existsSync(folder)).toBe(false);
  });
});

describe("the command before the first build", () => {
  it("says in one line what to run", async () => {
    const folder = join(home, "checkout", "bin");
    await mkdir(folder, { recursive: true });
    await cp(join(ROOT, "apps/cli/bin/graft.js"), join(folder, "graft.mjs"));
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, "graft.mjs")], {
      encoding: "utf8",
    });
    expect(stderr).toMatch(/^graft: .*npm run build.*\n$/);
    expect([status, stdout]).toEqual([1, ""]);
  });
});

describe("what is not there", () => {
  it.each([
    [["train", "no-such-folder"], /no-such-folder/],
    [["evaluate", "no-such-model", "emoji"], /There is no model there.*no-such-model.*graft runs list/],
    [["predict", "no-such-model", "a.jpg"], /There is no model there/],
    [["runs", "show", "no-such-run"], /no-such-run/],
    [["runs", "resume", "no-such-run"], /no-such-run/],
    [["runs", "delete", "no-such-run"], /no-such-run/],
  ])("%j exits with 1, says what was asked for, and shows no stack", async (words, message) => {
    const { code, stdout, stderr } = await graft(words, home);
    expect(stderr.replaceAll(/\s+/g, " ")).toMatch(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(stdout).toBe("");
    expect(code).toBe(1);
  });
});
