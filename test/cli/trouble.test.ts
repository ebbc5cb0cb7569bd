import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { copyPhotos, graft, jsonLines, photos, SMALL_TRUNK, temporaryFolder } from "./run-graft.ts";

/**
 * Lets a command's reads of FILE fail from the one numbered FROM on, in whichever thread, counted by the length of COUNT.
 * The fake is where Node answers for the system: no disk that fails is at hand.
 */
const PRELOAD = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const { CODE, FROM, FILE, COUNT } = process.env;
const read = fs.readFileSync;
fs.readFileSync = (path, ...rest) => {
  if (path !== FILE) return read(path, ...rest);
  fs.appendFileSync(COUNT, ".");
  if (fs.statSync(COUNT).size < Number(FROM)) return read(path, ...rest);
  throw Object.assign(new Error(CODE + ": as the system says it, open"), { code: CODE, syscall: "open" });
};
syncBuiltinESMExports();
`;

let home = "";
let set = "";
let file = "";
let numCommands = 0;
let nodeFlags: readonly string[] = [];
beforeAll(async () => {
  home = await temporaryFolder("trouble");
  set = join(home, "set");
  if (photos !== undefined) {
    await copyPhotos(set, 6);
    file = join(set, "cats", (await readdir(join(set, "cats"))).sort()[2] ?? "");
  }
  const preload = join(home, "preload.mjs");
  await writeFile(preload, PRELOAD);
  nodeFlags = ["--import", pathToFileURL(preload).href];
});

/** @param from the reads of the file that fail: 1 is the first look at it, 2 what comes after. */
const failing = (words: readonly string[], code: string, from: 1 | 2) => {
  const count = join(home, `count-${numCommands++}`);
  return graft(words, home, { nodeFlags, env: { CODE: code, FROM: String(from), FILE: file, COUNT: count } });
};

describe.skipIf(photos === undefined)("reads that fail while a command works (needs ../shared)", () => {
  const commands = {
    inspect: () => ["inspect", set],
    train: () => ["train", set, ...SMALL_TRUNK],
    features: () => ["features", set, "--out", join(home, "f.npy"), ...SMALL_TRUNK],
    sweep: () => ["sweep", set, "--weights", "bundled", "--cuts", "mixed0", "--sizes", "75"],
    "lr-find": () => ["lr-find", set, ...SMALL_TRUNK],
  } as const;

  it.each(Object.entries(commands))(
    "%s stops with file and code, and calls no image broken",
    async (_, words) => {
      const { code, stdout, stderr } = await failing(words(), "EIO", 1);
      expect(stderr).toMatch(/^graft: .*set.(cats|dogs).*\.jpg cannot be read \(EIO\)\. The disk/m);
      expect(stderr).not.toContain("broken");
      expect(stdout).toBe("");
      expect(code).toBe(1);
    },
  );

  it("a training that is stopped so while it computes features goes on when the disk is well", async () => {
    const out = join(home, "model");
    const words = ["train", set, ...SMALL_TRUNK, "--epochs", "2", "--json", "--out", out];
    const failed = await failing(words, "ESTALE", 2);
    expect(failed.code, failed.stderr).toBe(1);
    const end = jsonLines(failed.stdout).at(-1);
    expect(end).toMatchObject({ type: "run-end", status: "failed", error: { code: "unreadable" } });
    expect(failed.stderr).toMatch(
      /\.jpg cannot be read \(ESTALE\)\. The network drive.*resume with: .*runs resume /,
    );
    const resumed = await graft(["runs", "resume", String(end?.run), "--json"], home);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(await readdir(out)).toContain("weights.bin");

    const predicted = await failing(["predict", out, set, "--json"], "EMFILE", 1);
    expect(predicted.code).toBe(1);
    expect(predicted.stderr).toMatch(/^graft: .*cannot be read \(EMFILE\)\. Too many files.*ulimit/m);
    const evaluated = await failing(["evaluate", out, set, "--split", "all"], "ENOMEM", 2);
    expect(evaluated.code).toBe(1);
    expect(evaluated.stderr).toMatch(/^graft: .*cannot be read \(ENOMEM\)\. The machine is short of memory/m);
  });
});
