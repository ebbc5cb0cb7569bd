import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { itLong } from "../long.ts";
import { mountSmallDisk } from "../small-disk.ts";
import { graft, temporaryFolder } from "./run-graft.ts";

const { root, small, refusal } = await mountSmallDisk("64k", "ro");

describe.skipIf(refusal)(`a disk that can only be read${refusal ? ` (skipped: ${refusal})` : ""}`, () => {
  it.each([
    ["that is there", small],
    ["that is to be made", join(small, "new", "home")],
  ])("is named as such where it holds the home (%s)", async (_, home) => {
    for (const command of ["train", "sweep"]) {
      const { code, stderr } = await graft([command, "emoji", "--weights", "bundled"], home);
      expect(stderr).toContain(`${home} is read-only (EROFS)`);
      expect(stderr).toContain("--home");
      expect(code).toBe(1);
    }
  });

  itLong("is no place that doctor calls writable", async () => {
    const { stdout } = await graft(["doctor", "--json"], small);
    expect(JSON.parse(stdout)).not.toHaveProperty("freeDiskBytes");
  });

  it("is named as such where a result was to go, before any work", async () => {
    const home = join(root, "home");
    const place = join(small, "new");
    for (const words of [
      ["train", "emoji", "--out", join(place, "model")],
      ["features", "emoji", "--out", join(small, "f.npy")],
    ]) {
      const { code, stderr } = await graft(words, home);
      expect(stderr).toMatch(/can ?not be written.* is read-only \(EROFS\)/);
      expect(code).toBe(1);
    }
  });

  it("is no trouble where features would be kept, with a note", async () => {
    const out = join(await temporaryFolder("read-only"), "f.npy");
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
    const { code, stderr } = await graft(words, join(small, "home"));
    expect(stderr).toMatch(/^Note: the features are not kept.* is read-only \(EROFS\)/m);
    expect(code, stderr).toBe(0);
  });
});
