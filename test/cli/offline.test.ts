import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { picture } from "../dataset/workplace.ts";
import { zipOf } from "../dataset/zip-writer.ts";
import { graft, temporaryFolder } from "./run-graft.ts";

let home = "";
beforeAll(async () => {
  home = await temporaryFolder("offline");
});

describe("GRAFT_OFFLINE", () => {
  it.each([
    [
      ["engines", "install", "tensorflow"],
      /tensorflow is not installed.*forbids the network.*Unset GRAFT_OFFLINE/,
    ],
    [["weights", "fetch"], /GRAFT_OFFLINE forbids the network.*Unset GRAFT_OFFLINE/],
    [["weights", "fetch", "https://example.invalid/w.h5"], /GRAFT_OFFLINE forbids the network/],
    [
      ["train", "cats-and-dogs"],
      /cats-and-dogs has not been downloaded.*GRAFT_OFFLINE.*save cats_and_dogs_filtered\.zip/,
    ],
  ])("%j is refused in a line that says what to do", async (words, message) => {
    const { code, stdout, stderr } = await graft(words, home);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stdout).toBe("");
    expect(code).toBe(1);
    expect(existsSync(join(home, "engines"))).toBe(false);
    expect(existsSync(join(home, "weights"))).toBe(false);
  });
});

describe("the notice of the bundled weights", () => {
  const notice = ({ stderr }: { stderr: string }): string[] =>
    stderr.split("\n").filter((line) => /bundled weights/i.test(line) && !/^Run /.test(line));

  it("is whole where weights are chosen, and short where they are only used", async () => {
    const images = await Promise.all([1, 2, 3, 4].map(picture));
    const entries = images.map((content, i) => ({ name: `${i % 2 === 0 ? "a" : "b"}/${i}.png`, content }));
    const set = join(home, "pets.zip");
    await writeFile(set, zipOf(entries));
    // weights are chosen by default: only cut and size are small
    const small = ["--cut", "mixed0", "--size", "75"];
    const train = await graft(["train", set, "--epochs", "1", ...small], home);
    expect(train.code, train.stderr).toBe(0);
    expect(notice(train)).toEqual([
      expect.stringMatching(/are unavailable \(GRAFT_OFFLINE is set\).*weaker than ImageNet's.*0\.85/),
    ]);
    const features = await graft(["features", set, "--out", join(home, "f.npy"), ...small], home);
    expect(features.code, features.stderr).toBe(0);
    expect(notice(features)).toEqual([
      "Weaker bundled weights: ImageNet's are unavailable (GRAFT_OFFLINE is set).",
    ]);
  });
});
