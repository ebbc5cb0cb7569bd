import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { PROGRAM } from "../setup/build-graft.ts";
import { graft, ROOT, temporaryFolder } from "./run-graft.ts";

const hasBash = spawnSync("bash", ["-c", "true"]).status === 0;

/** Loads the script twice and answers as bash does: the words of a line are in COMP_WORDS, the last one is completed. */
const DRIVER = `
set -u
graft() { (cd "$ROOT" && "$NODE" "$PROGRAM" "$@"); }
# it only works while bash itself completes
compopt() { :; }
source script.bash
source script.bash
COMP_WORDS=(graft "$@")
COMP_CWORD=$#
_graft
printf '%s\\n' "\${COMPREPLY[@]}"
`;

describe.skipIf(!hasBash)("completion in bash (needs bash)", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await temporaryFolder("completion");
    const { stdout } = await graft(["completion", "bash"], folder);
    await writeFile(join(folder, "script.bash"), stdout);
    await mkdir(join(folder, "sets"));
    await mkdir(join(folder, "runs", "20261124-a-run"), { recursive: true });
    await writeFile(join(folder, "emus.txt"), "");
    await writeFile(join(folder, "a cat's photo.jpg"), "");
  });

  const run = (words: readonly string[]): SpawnSyncReturns<string> =>
    spawnSync("bash", ["--norc", "-c", DRIVER, "bash", ...words], {
      cwd: folder,
      encoding: "utf8",
      env: {
        ...process.env,
        GRAFT_HOME: folder,
        NODE: process.execPath,
        ROOT,
        PROGRAM,
      },
    });

  const complete = (words: readonly string[]): string[] => {
    const { stdout, stderr, status } = run(words);
    expect([stderr, status]).toEqual(["", 0]);
    return stdout.split("\n").filter((line) => line !== "");
  };

  it("is loaded twice without a word and without bash-completion", () => {
    expect(complete(["tr"])).toEqual(["train"]);
  });

  it.each([
    [["train", "se"], ["sets"]],
    [
      ["train", "em"],
      ["emoji", "emus.txt"],
    ],
    [["predict", "model", "a"], ["a cat's photo.jpg"]],
    [["predict", "2026"], ["20261124-a-run"]],
    [["runs", "sh"], ["show"]],
    [
      ["train", "--optimizer", "ad"],
      ["adam", "adamw"],
    ],
    [
      ["train", "--optimizer", "=", "ad"],
      ["adam", "adamw"],
    ],
    [["train", "sets", "--out", "se"], ["sets"]],
    [["train", "sets", "--out", "=", "se"], ["sets"]],
    [["train", "--no-aug"], ["--no-augment"]],
  ])("completes %j to %j", (words, answer) => {
    expect(complete(words)).toEqual(answer);
  });

  it("offers known sets and files where a data set is wanted", () => {
    expect(complete(["train", ""])).toEqual(expect.arrayContaining(["emoji", "cats-and-dogs", "sets"]));
  });

  it.each([
    "'$(touch ran)'",
    '"$(touch ran)"',
    "$(touch ran)",
    "`touch ran`",
    "a;touch ran",
    "$(touch ran)/x",
  ])("runs nothing of %s, typed before the word or as the word", (typed) => {
    run(["predict", typed, ""]);
    run(["predict", typed]);
    expect(existsSync(join(folder, "ran"))).toBe(false);
  });
});

it.each(["bash", "zsh", "fish", "powershell"])(
  "prints a short script for %s that evals nothing",
  async (shell) => {
    const { code, stdout } = await graft(["completion", shell], "/nowhere");
    expect(code).toBe(0);
    const commands = stdout.split("\n").filter((line) => !line.startsWith("#"));
    expect(commands.length).toBeLessThan(50);
    expect(commands.join("\n")).toMatch(/graft complete '?--'?/);
    expect(commands.join("\n")).not.toMatch(/\beval\b|Invoke-Expression/i);
  },
);

it("refuses a shell that it does not know with those that it does", async () => {
  const { code, stderr } = await graft(["completion", "tcsh"], "/nowhere");
  expect(stderr).toMatch(/tcsh.*zsh, bash, fish, powershell/);
  expect(code).toBe(2);
});
