// What lies in HOME/cache/archives, and who may remove it; archives.test.ts has what is refused.
import { rm, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newOwner, type Owner, ownerTag } from "../../packages/core/src/files/owner-node.ts";
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
