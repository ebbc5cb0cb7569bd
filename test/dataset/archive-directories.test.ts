// Zips whose directory and end do not agree: no entry is lost in silence.
import { mkdtemp, open as openFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ArchiveSink } from "../../packages/core/src/dataset/archive-sink-node.ts";
import { unpackZip } from "../../packages/core/src/dataset/archive-zip-node.ts";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";
import { type ZipEntry, zipOf } from "./zip-writer.ts";

let place: Workplace;
let entries: ZipEntry[];
let count = 0;

beforeAll(async () => {
  place = await openWorkplace();
  entries = [
    { name: "a/1.png", content: await picture(1) },
    { name: "a/2.png", content: await picture(2) },
    { name: "b/1.png", content: await picture(3) },
    { name: "b/2.png", content: await picture(4) },
  ];
});
afterAll(() => place.close());

const ALL = ["a/1.png", "a/2.png", "b/1.png", "b/2.png"] as const;

async function open(zip: Uint8Array): Promise<string[]> {
  await place.write("zips", { [String(++count)]: zip });
  const { dataset } = await place.open(place.path(join("zips", String(count))));
  return dataset.images.map(({ path }) => path);
}

/** The places of the directory and the end record of a zip without a comment. */
const endAt = (zip: Buffer): number => zip.length - 22;
const directoryAt = (zip: Buffer): number => zip.readUInt32LE(endAt(zip) + 16);

test.each([0, 1, 3])("an end that counts %d of four entries hides none", async (counted) => {
  expect(await open(zipOf(entries, { entries: counted }))).toEqual(ALL);
});

test("an end that states a shorter directory, too, hides none", async () => {
  const zip = zipOf(entries, { entries: 2 });
  zip.writeUInt32LE(2 * (46 + 7), endAt(zip) + 12);
  expect(await open(zip)).toEqual(ALL);
});

test("an end that counts more entries than there are is refused", async () => {
  await expect(open(zipOf(entries, { entries: 5 }))).rejects.toMatchObject({ code: "corrupt" });
});

test("a comment, one with an end record in it, and bytes behind the end change nothing", async () => {
  const inner = zipOf([{ name: "evil/1.png", content: Buffer.alloc(0) }]);
  for (const comment of [
    Buffer.from("made by hand"),
    Buffer.concat([inner.subarray(-22), Buffer.from("more")]),
  ])
    expect(await open(zipOf(entries, { comment }))).toEqual(ALL);
  for (const more of [Buffer.from("\r\n"), Buffer.alloc(5000)])
    expect(await open(Buffer.concat([zipOf(entries), more]))).toEqual(ALL);
});

test("two archives in one file are refused, and not half read", async () => {
  const joined = Buffer.concat([zipOf(entries.slice(0, 2)), zipOf(entries.slice(2))]);
  const error = await open(joined).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "bad-input" });
  expect(String(error)).toContain("another archive seems to be joined to it");
  // of equal length, so that the second one's end leads to the first one's directory
  const twin = Buffer.concat([zipOf(entries.slice(0, 1)), zipOf(entries.slice(0, 1))]);
  await expect(open(twin)).rejects.toMatchObject({ code: "bad-input" });
});

test("an end that leads elsewhere than to the directory is refused", async () => {
  for (const shift of [-1, 1, 40]) {
    const zip = zipOf(entries);
    zip.writeUInt32LE(directoryAt(zip) + shift, endAt(zip) + 16);
    await expect(open(zip)).rejects.toMatchObject({ code: expect.stringMatching(/^(corrupt|bad-input)$/) });
  }
});

test("of a local header that disagrees the directory's word counts", async () => {
  const zip = zipOf(entries);
  zip.write("x/9", 30, "latin1");
  zip.writeUInt32LE(1, 14);
  zip.writeUInt32LE(1, 18);
  expect(await open(zip)).toEqual(ALL);
});

test("one name several times: the last is taken, and the report counts", async () => {
  const [first, , third] = entries;
  const name = "a/1.png";
  const zip = zipOf([...entries, { ...third, name }, { ...first, name }]);
  await place.write("zips", { twice: zip });
  const { dataset } = await place.open(place.path(join("zips", "twice")));
  expect(dataset.images.map(({ path }) => path)).toEqual(ALL);
  expect(dataset.skipped).toEqual([
    { path: name, reason: "the archive holds it 3 times; graft uses the last one" },
  ]);
});

/** The 64-bit end record and its locator (APPNOTE.TXT 4.3.14, 4.3.15), and an end whose fields say "see there". */
function zip64Of(counted: number): Buffer {
  const zip = zipOf(entries);
  const at = endAt(zip);
  const end64 = Buffer.alloc(56);
  end64.write("PK\x06\x06", "latin1");
  end64.writeBigUInt64LE(44n, 4);
  end64.writeBigUInt64LE(BigInt(counted), 24);
  end64.writeBigUInt64LE(BigInt(counted), 32);
  end64.writeBigUInt64LE(BigInt(at - directoryAt(zip)), 40);
  end64.writeBigUInt64LE(BigInt(directoryAt(zip)), 48);
  const locator = Buffer.alloc(20);
  locator.write("PK\x06\x07", "latin1");
  locator.writeBigUInt64LE(BigInt(at), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.from(zip.subarray(at)).fill(0xff, 8, 20);
  return Buffer.concat([zip.subarray(0, at), end64, locator, end]);
}

test("a 64-bit end is read, and hides nothing either", async () => {
  for (const counted of [4, 1]) expect(await open(zip64Of(counted))).toEqual(ALL);
  await expect(open(zip64Of(5))).rejects.toMatchObject({ code: "corrupt" });
});

test("an archive above 4 GB as macOS packs it, with places modulo 2^32, is read", async () => {
  const zip = zipOf(entries);
  const third = zip.indexOf("PK\x03\x04", zip.indexOf("a/2.png"), "latin1");
  // the last two entries and the directory lie behind a hole; their places are written as those from 2^32 on
  const shift = 8 - third;
  const directory = Buffer.from(zip.subarray(directoryAt(zip)));
  for (const index of [2, 3]) {
    const at = index * (46 + ALL[0].length) + 42;
    directory.writeUInt32LE(directory.readUInt32LE(at) + shift, at);
  }
  const end = endAt(directory);
  directory.writeUInt32LE(directory.readUInt32LE(end + 16) + shift, end + 16);
  const folder = await mkdtemp(join(tmpdir(), "graft-large-zip-"));
  try {
    const path = join(folder, "large.zip");
    const file = await openFile(path, "w");
    await file.write(zip, 0, third, 0);
    await file.write(zip, third, directoryAt(zip) - third, 2 ** 32 + third + shift);
    await file.write(directory, 0, directory.length, 2 ** 32 + directoryAt(zip) + shift);
    await file.close();
    const sink = new ArchiveSink(folder);
    await unpackZip(path, sink, {});
    expect((await sink.finish()).files.map((one) => one.path)).toEqual(ALL);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the last part of a split archive is refused as what it is", async () => {
  const zip = zipOf(entries);
  zip.writeUInt16LE(2, endAt(zip) + 4);
  await expect(open(zip)).rejects.toMatchObject({ code: "unsupported" });
});
