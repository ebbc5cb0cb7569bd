// Tars of old and of other programs.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { paxEntry, type RawTarEntry, rawTarOf } from "./raw-tar.ts";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";

let place: Workplace;
let one: Buffer;
let two: Buffer;
let count = 0;

beforeAll(async () => {
  place = await openWorkplace();
  one = await picture(1);
  two = await picture(2);
});
afterAll(() => place.close());

async function open(tar: Uint8Array) {
  await place.write("tars", { [String(++count)]: tar });
  const { dataset } = await place.open(place.path(join("tars", String(count))));
  return {
    paths: dataset.images.map(({ path }) => path),
    skipped: dataset.skipped,
    broken: dataset.broken,
  };
}

test.each(["v7", "ustar", "gnu"] as const)("a tar of the %s form is read, packed or not", async (magic) => {
  const entries: RawTarEntry[] = [
    // a folder in v7 has the flag of a file, and a slash
    { name: "set/", magic, flag: magic === "v7" ? "\0" : "5" },
    { name: "set/a/", magic, flag: magic === "v7" ? "\0" : "5" },
    { name: "set/a/1.png", content: one, magic, flag: "\0" },
    { name: "set/b/1.png", content: two, magic },
    { name: "set/b/2.png", magic, flag: "1", link: "set/a/1.png" },
  ];
  for (const tar of [rawTarOf(entries), gzipSync(rawTarOf(entries))])
    expect(await open(tar)).toEqual({
      paths: ["set/a/1.png", "set/b/1.png", "set/b/2.png"],
      skipped: [],
      broken: [],
    });
});

test("a checksum of signed bytes counts too; a wrong one is no tar", async () => {
  const entries = [
    { name: "Ä/1.png", content: one, isSigned: true },
    { name: "ö/1.png", content: two, isSigned: true },
  ];
  expect((await open(rawTarOf(entries))).paths).toEqual(["Ä/1.png", "ö/1.png"]);
  const wrong = rawTarOf(entries);
  wrong[0] = 0x41;
  await expect(open(wrong)).rejects.toMatchObject({ code: "bad-input" });
  await expect(open(gzipSync(wrong))).rejects.toMatchObject({ code: "corrupt" });
});

test("a sparse file is passed over by name, and what follows it is read", async () => {
  const map = Buffer.alloc(512);
  const old = Buffer.from(rawTarOf([{ name: "a/old.bmp", flag: "S", content: one, magic: "gnu" }]));
  // its map goes on in a block of its own
  old[482] = 1;
  const sum = old.subarray(0, 512).reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0);
  old.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  const oldEntry = Buffer.concat([old.subarray(0, 512), map, old.subarray(512, -1024)]);
  const rest = rawTarOf([
    paxEntry({ "GNU.sparse.major": "1", "GNU.sparse.name": "b/new.bmp", path: "b/GNUSparseFile.7/new.bmp" }),
    { name: "b/GNUSparseFile.7/new.bmp", content: one, magic: "ustar" },
    { name: "a/1.png", content: one, magic: "ustar" },
    { name: "b/1.png", content: two, magic: "ustar" },
  ]);
  const { paths, skipped } = await open(Buffer.concat([oldEntry, rest]));
  expect(paths).toEqual(["a/1.png", "b/1.png"]);
  const reason = "a sparse file; pack it again without --sparse";
  expect(skipped).toEqual([
    { path: "a/old.bmp", reason },
    { path: "b/new.bmp", reason },
  ]);
});

test("long names of pax and of GNU, a length in a record, and records for all that follow", async () => {
  const long = `${"deep/".repeat(30)}1.png`;
  const tar = rawTarOf([
    {
      name: "global",
      flag: "g",
      magic: "ustar",
      content: paxEntry({ comment: "of git archive" }).content ?? one,
    },
    paxEntry({ path: `a/${long}`, size: String(one.length) }),
    { name: "short", content: one, magic: "ustar", bytes: 0 },
    { name: "././@LongLink", flag: "L", magic: "gnu", content: Buffer.from(`b/${long}\0`) },
    { name: "short", content: two, magic: "gnu" },
    { name: "././@LongLink", flag: "K", magic: "gnu", content: Buffer.from(`b/${long}\0`) },
    { name: "b/2.png", flag: "1", magic: "gnu" },
  ]);
  expect((await open(tar)).paths).toEqual([`a/${long}`, "b/2.png", `b/${long}`]);
});

test("damaged records, lengths and headers are refused", async () => {
  const good = [
    { name: "a/1.png", content: one },
    { name: "b/1.png", content: two },
  ];
  const bad: RawTarEntry[] = [
    { name: "x", flag: "x", content: Buffer.from("99 path=a\n") },
    { name: "x", flag: "x", content: Buffer.from("no record") },
    { name: "L", flag: "L", bytes: 2 ** 30 },
    { name: "c/1.png", bytes: 2 ** 29 },
  ];
  for (const entry of bad)
    await expect(open(rawTarOf([...good, entry]))).rejects.toMatchObject({ code: "corrupt" });
  const noNumber = rawTarOf(good);
  noNumber.write("a".repeat(11), 124, "latin1");
  await expect(open(noNumber)).rejects.toMatchObject({ code: "bad-input" });
});

test("archives that one tar was made of are read to the end", async () => {
  const [a, b] = [
    rawTarOf([{ name: "a/1.png", content: one }]),
    rawTarOf([{ name: "b/1.png", content: two }]),
  ];
  expect((await open(Buffer.concat([a, b]))).paths).toEqual(["a/1.png", "b/1.png"]);
});
