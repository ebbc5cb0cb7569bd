import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sweepArchives } from "../cache/archives-node.ts";
import { listSpace } from "../cache/folder-node.ts";
import { readClaim } from "./claim-node.ts";
import { holdFile } from "./held-file-node.ts";
import { isAlive, newOwner, parseOwnerTag } from "./owner-node.ts";
import { type Zombie, zombie } from "./testing-node.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graft-owner-"));
});
afterAll(() => rm(folder, { recursive: true }));

const isLinux = process.platform === "linux";
describe.skipIf(!isLinux)(
  `a killed process that nobody has waited for${isLinux ? "" : " (skipped: no /proc here)"}`,
  () => {
    let dead: Zombie;
    beforeAll(async () => {
      dead = await zombie();
    });
    afterAll(() => dead[Symbol.dispose]());

    it("has its number still, and is dead", () => {
      expect(() => process.kill(dead.pid, 0)).not.toThrow();
      const owner = parseOwnerTag(dead.tag);
      expect(owner && isAlive(owner, 0, 1000)).toBe(false);
      expect(isAlive(newOwner(), 0, 1000)).toBe(true);
    });

    it("holds no lock: it is taken over", async () => {
      const path = join(folder, "lock");
      await writeFile(path, dead.tag);
      const held = await holdFile(path);
      expect(held).not.toHaveProperty("holder");
      if ("release" in held) await held.release();
    });

    it("leases nothing of the cache, and writes to no pack", async () => {
      const id = "a".repeat(64);
      await mkdir(join(folder, id));
      await writeFile(join(folder, id, `${dead.tag}.lease`), "");
      await writeFile(join(folder, id, `1.${dead.tag}.pack`), "");
      const uses = join(folder, "archives-in-use");
      await mkdir(uses, { recursive: true });
      await writeFile(join(uses, `${id}.${dead.tag}.lease`), "");
      await sweepArchives(join(folder, "archives"));
      expect(await readdir(uses)).toEqual([]);
      expect(await listSpace(folder, id, Date.now())).toMatchObject({
        isLeased: false,
        packs: [{ isFree: true }],
      });
    });
  },
);

it("a lock without an owner whose time is ahead, since the clock was set back, is not being written", async () => {
  const path = join(folder, "empty");
  await writeFile(path, "");
  expect(await readClaim(path, 1000)).toMatchObject({ isLive: true });
  const inAnHour = Date.now() / 1000 + 3600;
  await utimes(path, inAnHour, inAnHour);
  expect(await readClaim(path, 1000)).toMatchObject({ isLive: false });
});
