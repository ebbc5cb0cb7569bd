import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { picture } from "../dataset/workplace.ts";
import { zipOf } from "../dataset/zip-writer.ts";
import { graft, jsonLines, startGraft, temporaryFolder } from "./run-graft.ts";

let home = "";
let bytes = 0;
beforeAll(async () => {
  home = await temporaryFolder("cache");
  const images = await Promise.all([1, 2, 3, 4].map(picture));
  const entries = images.map((content, i) => ({ name: `${i % 2 === 0 ? "a" : "b"}/${i}.png`, content }));
  await writeFile(join(home, "pets.zip"), zipOf(entries));
  bytes = images.reduce((sum, { length }) => sum + length, 0);
});

const inspect = () => graft(["inspect", join(home, "pets.zip")], home);

describe("the cache", () => {
  it("shows an unpacked archive with its name and size, and prune removes it", async () => {
    expect((await inspect()).code).toBe(0);
    const shown = await graft(["cache", "show"], home);
    expect(shown.stdout).toMatch(/0 features, 1 unpacked archive\n/);
    expect(shown.stdout).toMatch(/^pets\.zip +4 .*kB/m);
    const [status] = jsonLines((await graft(["cache", "show", "--json"], home)).stdout);
    expect(status).toMatchObject({ bytes, entries: 1, archives: [{ name: "pets.zip", files: 4 }] });

    const pruned = await graft(["cache", "prune"], home);
    expect(pruned.stdout).toMatch(/^Freed .*\(0 features, 1 unpacked archive\)\.$/m);
    const [empty] = jsonLines((await graft(["cache", "show", "--json"], home)).stdout);
    expect(empty).toMatchObject({ bytes: 0, entries: 0, archives: [] });
  });

  it("keeps the archive that a training reads, and gives it up after its end", async () => {
    const words = ["train", join(home, "pets.zip"), "--weights", "bundled", "--json"];
    const started = startGraft([...words, "--epochs", "2000", "--no-early-stop"], home);
    await started.waitFor(/"type":"epoch-end"/);
    const kept = await graft(["cache", "prune"], home);
    expect(kept.stdout).toMatch(/above the limit stay: runs in progress need them/);
    const [during] = jsonLines((await graft(["cache", "show", "--json"], home)).stdout);
    expect(during).toMatchObject({ archives: [{ isLeased: true }] });
    started.child.kill("SIGINT");
    expect((await started.done).code).toBe(130);
    await graft(["cache", "prune"], home);
    const [after] = jsonLines((await graft(["cache", "show", "--json"], home)).stdout);
    expect(after).toMatchObject({ bytes: 0, archives: [] });
  });

  it("of a home that is not there is empty, and looking makes nothing", async () => {
    const absent = join(home, "absent");
    const shown = await graft(["cache", "show", "--home", absent], home);
    expect(shown.stdout).toMatch(/: 0 B, 0 features, 0 unpacked archives\n$/);
    expect((await graft(["cache", "prune", "--home", absent], home)).code).toBe(0);
    expect(existsSync(absent)).toBe(false);
  });
});
