// What lies in HOME/cache/archives, and who may remove it; archives.test.ts has what is refused.
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import { readFile, rm, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolders, cacheStatus } from "@graft/core/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openArchive } from "../../packages/core/src/dataset/archive-store-node.ts";
import { newOwner, type Owner, ownerTag } from "../../packages/core/src/files/owner-node.ts";
import { tarOf } from "./tar-writer.ts";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";
import { type ZipEntry, zipOf } from "./zip-writer.ts";

let place: Workplace;
let one: Buffer;
let pair: ZipEntry[];
let count = 0;

beforeAll(async () => {
  place = await openWorkplace();
  one = await picture(1);
  pair = [
    { name: "a/1.png", content: one },
    { name: "b/1.png", content: await picture(2) },
  ];
});
afterAll(() => place.close());

async function archive(bytes: Uint8Array): Promise<string> {
  await place.write("archives", { [String(++count)]: bytes });
  return place.path(join("archives", String(count)));
}

test("temporaries of dead processes and old ones are removed, those of living ones are left", async () => {
  const archives = join(place.home, "cache", "archives");
  const named = (owner: Partial<Owner>): string => `.unpacking-${ownerTag({ ...newOwner(), ...owner })}`;
  const [living, dead, numberUsedAgain] = [named({}), named({ pid: 2 ** 30 }), named({ started: "1" })];
  const [foreign, foreignOld] = [named({ scope: "0".repeat(12) }), named({ scope: "0".repeat(12) })];
  // an older graft's: a host, a process number, an id
  const [former, formerOld] = [".unpacking-00000000-1-00", `.unpacking-00000000-${process.pid}-01`];
  for (const name of [living, dead, numberUsedAgain, foreign, foreignOld, former, formerOld])
    await place.write(join("..", "home", "cache", "archives", name), { "files/0": "x" });
  for (const name of [foreignOld, formerOld]) await utimes(join(archives, name), 0, 0);
  await place.open(await archive(zipOf([...pair, { name: "c/1.png", content: one }])));
  const left = (await place.unpacked()).filter((name) => name.startsWith("."));
  expect(left.sort()).toEqual([foreign, former, living].sort());
  for (const name of left) await rm(join(archives, name), { recursive: true });
});

test("two openings of one archive at once both succeed", async () => {
  const path = await archive(zipOf([...pair, { name: "d/1.png", content: one }]));
  const [first, second] = await Promise.all([place.open(path), place.open(path)]);
  expect(first?.dataset).toEqual(second?.dataset);
});

test("an archive behind a link is opened, an aborted signal leaves nothing", async () => {
  const path = await archive(zipOf([...pair, { name: "e/1.png", content: one }]));
  await symlink(path, `${path}-link`);
  const before = await place.unpacked();
  const controller = new AbortController();
  const stopped = place.open(path, { signal: controller.signal, onProgress: () => controller.abort() });
  await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
  expect(await place.unpacked()).toEqual(before);
  expect((await place.open(`${path}-link`)).dataset.images).toHaveLength(3);
});

test("what an older graft unpacked is neither used nor pulled away from one that runs", async () => {
  const bytes = zipOf([...pair, { name: "f/1.png", content: one }]);
  const id = createHash("sha256").update(bytes).digest("hex");
  const folder = join("..", "home", "cache", "archives", id);
  const manifest = {
    version: 1,
    files: [{ path: "a/1.png", file: "0", bytes: 1 }],
    folders: [],
    skipped: [],
  };
  await place.write(folder, { "manifest.json": JSON.stringify(manifest), "files/0": "x" });
  const { dataset } = await place.open(await archive(bytes));
  expect(dataset.images).toHaveLength(3);
  expect(await readFile(place.path(join(folder, "files", "0")), "utf8")).toBe("x");
  const { archives } = await cacheStatus(cacheFolders(place.home));
  expect(archives.map((cached) => cached.id)).toEqual(expect.arrayContaining([id, `${id}-2`]));
});

test("a file of two names, by a link, counts once in the cache", async () => {
  const two = await picture(7);
  const path = await archive(
    await tarOf([
      { name: "a/1.png", content: one },
      { name: "a/2.png", type: "link", linkname: "a/1.png" },
      { name: "b/1.png", content: two },
    ]),
  );
  const { dataset } = await place.open(path);
  expect(dataset.images).toHaveLength(3);
  const { archives } = await cacheStatus(cacheFolders(place.home));
  expect(archives).toContainEqual(
    expect.objectContaining({ files: 2, bytes: one.length + two.length, name: path.split(/[\\/]/).at(-1) }),
  );
});

test("an archive that changes while it is unpacked is refused: nothing is kept under the hash of what it was", async () => {
  const path = await archive(zipOf([...pair, { name: "g/1.png", content: one }]));
  const before = await place.unpacked();
  let isChanged = false;
  const changing = place.open(path, {
    onProgress: () => {
      if (!isChanged) appendFileSync(path, "more");
      isChanged = true;
    },
  });
  await expect(changing).rejects.toMatchObject({
    code: "bad-input",
    message: expect.stringMatching(/changed while graft was reading it.*try again/),
  });
  expect(await place.unpacked()).toEqual(before);
  // whole again, with four bytes behind its end
  expect((await place.open(path)).dataset.images).toHaveLength(3);
});

test("trouble in reading an archive names the archive, not the home", async () => {
  const path = await place.write("archives", { folder: null });
  await expect(
    openArchive({ path: join(path, "folder"), kind: "zip" }, place.home, {}),
  ).rejects.toMatchObject({ message: expect.stringMatching(/folder can ?not be read \(EISDIR/) });
});
