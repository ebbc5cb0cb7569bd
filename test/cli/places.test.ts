import { spawn } from "node:child_process";
import { existsSync, openSync } from "node:fs";
import { chmod, chown, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { NOBODY, programForAll } from "../as-nobody.ts";
import { itLong } from "../long.ts";
import { PROGRAM } from "../setup/build-graft.ts";
import {
  copyPhotos,
  type GraftOptions,
  graft,
  jsonLines,
  photos,
  SMALL_TRUNK,
  startGraft,
  temporaryFolder,
} from "./run-graft.ts";

/** Steps of a millisecond, and seconds of them: a run can be stopped in it, and soon ends when it goes on. */
const COURSE = [...SMALL_TRUNK, "--batch-size", "1", "--epochs", "150", "--no-early-stop", "--json"];

let home = "";
beforeAll(async () => {
  home = await temporaryFolder("places");
});

describe("an --out that cannot be", () => {
  it.each([
    ["below a file", "file/model", [], /a file where the folder should go/],
    ["a file", "file", ["--force"], /a file where the folder should go/],
    ["a folder with other things, also with --force", "full", ["--force"], /holds more than a model/],
  ])("(%s) is refused before anything is trained", async (_, name, flags, message) => {
    await writeFile(join(home, "file"), "");
    await mkdir(join(home, "full"), { recursive: true });
    await writeFile(join(home, "full", "notes.txt"), "");
    const out = join(home, name);
    const { code, stderr } = await graft(["train", "emoji", "--out", out, ...flags], home);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
    expect(existsSync(join(home, "runs"))).toBe(false);
  });
});

let program: Promise<string> | undefined;
/** How the command line runs as nobody. */
async function asNobody(): Promise<GraftOptions> {
  program ??= temporaryFolder("for-all").then(programForAll);
  const nodeFlags = ["--import", `data:text/javascript,process.setuid(${NOBODY})`];
  return { nodeFlags, program: await program };
}

describe.skipIf(process.platform === "win32")("a --out that cannot be written", () => {
  const model = (name: string): string[] => ["train", "emoji", "--out", join(home, name)];
  const file = (name: string): string[] => ["features", "emoji", "--out", join(home, name)];
  it.each([
    ["a model in a read-only folder", () => model("read-only/model"), /model cannot be written.*EACCES/],
    ["features in a read-only folder", () => file("read-only/f.npy"), /cannot be written.*EACCES/],
    ["features in no folder", () => file("none/f.npy"), /cannot be written.*none.*a folder that exists/],
  ])("(%s) is refused before any work", async (_, words, message) => {
    await mkdir(join(home, "read-only"), { recursive: true });
    await chmod(home, 0o755);
    // root may write anywhere, so the command runs as nobody where the tests are root
    const isRoot = process.getuid?.() === 0;
    await chown(home, isRoot ? NOBODY : (process.getuid?.() ?? 0), -1);
    if (!isRoot) await chmod(join(home, "read-only"), 0o555);
    const { code, stdout, stderr } = await graft(words(), home, isRoot ? await asNobody() : {});
    expect(stderr.replaceAll(/\s+/g, " ")).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stdout).toBe("");
    expect(code).toBe(1);
    expect(existsSync(join(home, "cache"))).toBe(false);
  });
});

it.skipIf(process.platform === "win32")("features do without a home that cannot be written", async () => {
  const nowhere = join(home, "dangling");
  await symlink(join(home, "none", "nowhere"), nowhere);
  const out = join(home, "homeless.npy");
  const words = [
    "features",
    "emoji",
    "--out",
    out,
    "--weights",
    "bundled",
    "--size",
    "75",
    "--cut",
    "mixed0",
  ];
  const { code, stderr } = await graft(words, nowhere);
  expect(stderr).toMatch(/^Note: the features are not kept.*dangling.*--home/m);
  expect(code, stderr).toBe(0);
  expect(existsSync(out)).toBe(true);
});

describe.skipIf(photos === undefined)("a run that is to replace a model (needs ../shared)", () => {
  itLong("does so after an interrupt, too", async () => {
    const set = join(home, "photos");
    await copyPhotos(set, 8);
    const out = join(home, "model");
    const words = ["train", set, "--out", out];
    expect((await graft([...words, ...SMALL_TRUNK, "--epochs", "1"], home)).code).toBe(0);
    const before = await readFile(join(out, "graft.json"), "utf8");

    const started = startGraft([...words, ...COURSE, "--force"], home);
    await started.waitFor(/"type":"epoch-end"/);
    started.child.kill("SIGINT");
    const stopped = await started.done;
    expect(stopped.code).toBe(130);
    const run = String(jsonLines(stopped.stdout).at(-1)?.run);
    const record = join(home, "runs", run, "run.json");
    expect(JSON.parse(await readFile(record, "utf8"))).toMatchObject({ out: resolve(out), force: true });
    const resumed = await graft(["runs", "resume", run, "--json"], home);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(await readFile(join(out, "graft.json"), "utf8")).not.toBe(before);
    expect(await readdir(out)).toContain("weights.bin");
  });
});

describe.skipIf(photos === undefined)("a run whose --out was filled meanwhile (needs ../shared)", () => {
  it("is refused at once, and goes on to another place that its record then shows", async () => {
    const set = join(home, "more photos");
    await copyPhotos(set, 6);
    const [taken, other] = [join(home, "taken"), join(home, "other")];
    const started = startGraft(["train", set, ...COURSE, "--out", taken], home);
    await started.waitFor(/"type":"epoch-end"/);
    // somebody else's, in place before the run could write its model
    await mkdir(taken);
    await writeFile(join(taken, "graft.json"), "{}");
    const failed = await started.done;
    expect(failed.code, failed.stderr).toBe(1);
    const run = String(jsonLines(failed.stdout).at(-1)?.run);
    expect(failed.stderr).toContain(`runs resume ${run} --out FOLDER`);

    const refused = await graft(["runs", "resume", run, "--json"], home);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toMatch(/There is already a model there.*--force/);
    expect(refused.stderr).toContain(`runs resume ${run} --out FOLDER`);
    const full = await graft(["runs", "resume", run, "--json", "--out", set, "--force"], home);
    expect(full).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/holds more than/) });

    const resumed = await graft(["runs", "resume", run, "--json", "--out", other], home);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(jsonLines(resumed.stdout).at(-1)).toMatchObject({ status: "completed", model: other });
    expect(await readdir(other)).toContain("weights.bin");
    expect(await readFile(join(taken, "graft.json"), "utf8")).toBe("{}");
    const record: unknown = JSON.parse(await readFile(join(home, "runs", run, "run.json"), "utf8"));
    expect(record).toMatchObject({ out: other, force: false, model: other, status: "completed" });
    const shown = await graft(["runs", "show", run], home);
    expect(shown.stdout).toContain(other);
  });

  it("replaces it with --force", async () => {
    const out = join(home, "forced");
    const started = startGraft(["train", join(home, "more photos"), ...COURSE, "--out", out], home);
    await started.waitFor(/"type":"epoch-end"/);
    started.child.kill("SIGINT");
    const run = String(jsonLines((await started.done).stdout).at(-1)?.run);
    await mkdir(out);
    await writeFile(join(out, "graft.json"), "{}");
    const resumed = await graft(["runs", "resume", run, "--json", "--force"], home);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(await readdir(out)).toContain("weights.bin");
    const record: unknown = JSON.parse(await readFile(join(home, "runs", run, "run.json"), "utf8"));
    expect(record).toMatchObject({ out, force: true, model: out });
  });
});

describe.skipIf(photos === undefined)("bench (needs ../shared)", () => {
  itLong(
    "times what a training is made of",
    async () => {
      const set = join(home, "photos to time");
      await copyPhotos(set, 10);
      const { code, stdout, stderr } = await graft(["bench", set, "--json"], home);
      expect(code, stderr).toBe(0);
      const [figures] = jsonLines(stdout);
      for (const name of [
        "trunkBatch32ImagesPerSecond",
        "featuresFromPhotosPerSecond",
        "gapStepMs",
        "classicStepMs",
        "fineTuneImagesPerSecond",
      ])
        expect(Number(figures?.[name]), name).toBeGreaterThan(0);
    },
    180_000,
  );
});

it.skipIf(process.platform !== "linux")("results that cannot be written end it with a sentence", async () => {
  const child = spawn(process.execPath, [PROGRAM, "weights", "list", "--home", home], {
    stdio: ["ignore", openSync("/dev/full", "w"), "pipe"],
  });
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const code = await new Promise((settle) => child.on("close", settle));
  expect(stderr).toMatch(/^graft: The results cannot be written: .*ENOSPC/m);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(code).toBe(1);
});
