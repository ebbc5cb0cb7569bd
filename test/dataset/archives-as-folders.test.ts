// Archives within a data set: a zip a class, train.zip and test.zip, a zip in a zip.
import { readdir } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { expandArchives } from "../../packages/core/src/dataset/expand-archives-node.ts";
import { openUnlabelled } from "../../packages/core/src/dataset/open-unlabelled-node.ts";
import { walkFolder } from "../../packages/core/src/dataset/walk-node.ts";
import { tarOf } from "./tar-writer.ts";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";
import { zipOf } from "./zip-writer.ts";

let place: Workplace;
let pictures: Buffer[];
let folder = "";
let count = 0;

beforeAll(async () => {
  place = await openWorkplace();
  pictures = await Promise.all([1, 2, 3, 4].map(picture));
});
afterAll(() => place.close());
beforeEach(() => {
  folder = `set${++count}`;
});

/** Entries of these names, each another picture; text where the name ends so. */
const entriesOf = (names: readonly string[], from = 0) =>
  names.map((name, at) => ({
    name,
    content: name.endsWith(".txt") ? Buffer.from("text") : (pictures[from + at] ?? Buffer.alloc(0)),
  }));
const zip = (names: readonly string[], from = 0): Buffer => zipOf(entriesOf(names, from));
const picked = (index: number): Buffer => pictures[index] ?? Buffer.alloc(0);

/** What a folder of these files lists, and says of it. */
async function listed(files: Readonly<Record<string, Uint8Array | string | null>>) {
  const source = await place.write(folder, files);
  const listing = await expandArchives(await walkFolder(source), { home: place.home, source });
  await listing.lease?.[Symbol.asyncDispose]();
  return {
    files: listing.files.map(({ path }) => path).sort(),
    folders: [...listing.folders].sort(),
    skipped: listing.skipped,
    notes: (listing.notes ?? []).map(({ message }) => message),
  };
}

const leases = (): Promise<string[]> => readdir(`${place.home}/cache/archives-in-use`).catch(() => []);

test("an archive a class is read as a folder a class, a folder of its name inside or not", async () => {
  const { files, folders, notes } = await listed({
    "cats.zip": zip(["cats/1.png", "cats/2.png"]),
    "Dogs.ZIP": zip(["1.png"], 2),
    "birds.tar.gz": gzipSync(await tarOf(entriesOf(["birds/deep/1.png"], 3))),
    "labels.txt": "cats, dogs, birds",
  });
  expect(files).toEqual(["Dogs/1.png", "birds/deep/1.png", "cats/1.png", "cats/2.png", "labels.txt"]);
  expect(folders).toEqual(["Dogs", "birds", "birds/deep", "cats"]);
  expect(notes).toEqual(["Dogs.ZIP, birds.tar.gz, cats.zip are read as folders"]);
});

test("train.zip and test.zip are trained on and tested with, and their images are read", async () => {
  const path = await place.write(folder, {
    "wrap/train.zip": zip(["train/a/1.png", "train/b/1.png", "train/about.txt"]),
    "wrap/test.zip": zip(["readme.txt", "test/a/2.png", "test/b/2.png"], 1),
  });
  const units: string[] = [];
  const { dataset, source } = await place.open(path, {
    onProgress: ({ done, total, unit }) => units.push(`${unit} ${done <= total}`),
  });
  expect(new Set(units)).toEqual(new Set(["bytes true", "images true"]));
  expect(dataset.labels).toEqual(["a", "b"]);
  expect(dataset.images.map(({ path: each, part }) => `${each} ${part}`)).toEqual([
    "wrap/test/a/2.png test",
    "wrap/test/b/2.png test",
    "wrap/train/a/1.png train",
    "wrap/train/b/1.png train",
  ]);
  for (const image of dataset.images) await source.read(image);
  expect(await leases()).toHaveLength(2);
  await source[Symbol.asyncDispose]();
  expect(await leases()).toEqual([]);
});

test("an archive of archives, as Kaggle packs them, is read; one level deeper is not", async () => {
  const path = await place.write(folder, {
    "set.zip": zipOf([
      { name: "train.zip", content: zip(["train/a/1.png", "train/b/1.png"]) },
      { name: "test.zip", content: zip(["a/2.png", "b/2.png"], 2) },
      { name: "sample.csv", content: Buffer.from("id,label") },
    ]),
  });
  const { dataset, source } = await place.open(`${path}/set.zip`);
  expect(dataset.images.map(({ path: each }) => each)).toEqual([
    "test/a/2.png",
    "test/b/2.png",
    "train/a/1.png",
    "train/b/1.png",
  ]);
  await source[Symbol.asyncDispose]();
  // the same within a folder: archives lie two deep there, too
  folder = `set${++count}`;
  const inner = zipOf([{ name: "deeper.zip", content: zip(["1.png"]) }]);
  const { files, skipped } = await listed({ "x.zip": zipOf([{ name: "deep.zip", content: inner }]) });
  expect(files).toEqual([]);
  expect(skipped).toEqual([{ path: "x/deep/deeper.zip", reason: "an archive in an archive in an archive" }]);
  expect(await leases()).toEqual([]);
});

test("beside images an archive is left out: the copy it was unpacked from quietly, another one with a word", async () => {
  const copy = zip(["1.png"]);
  const beside = await listed({
    "cats/1.png": picked(0),
    "cats.zip": copy,
    "dogs/1.png": picked(1),
    [`${folder}.zip`]: copy,
    "dogs/Dogs.zip": copy,
  });
  expect(beside.files).toEqual(["cats/1.png", "dogs/1.png"]);
  const reason = "an archive beside images";
  expect(beside.skipped).toEqual([
    { path: "cats.zip", reason },
    { path: "dogs/Dogs.zip", reason },
    { path: `${folder}.zip`, reason },
  ]);
  expect(beside.notes).toEqual([]);

  folder = `set${++count}`;
  const stranger = await listed({ "cats/1.png": picked(0), "dogs.zip": copy, "dogs/readme.txt": "text" });
  expect(stranger.files).toEqual(["cats/1.png", "dogs/readme.txt"]);
  expect(stranger.skipped).toEqual([{ path: "dogs.zip", reason }]);
  expect(stranger.notes).toEqual([
    "dogs.zip is left out, because there are images beside it: unpack it if it holds more images of the data set",
  ]);
  // an image is one by its bytes
  folder = `set${++count}`;
  expect((await listed({ "a/image": picked(0), "b.zip": copy })).files).toEqual(["a/image"]);
});

test("the same in an archive: one beside images is left out, and none of its bytes kept", async () => {
  const path = await place.write(folder, {
    "set.zip": zipOf([
      { name: "a/1.png", content: picked(0) },
      { name: "b/1.png", content: picked(1) },
      { name: "a.zip", content: zip(["1.png"]) },
    ]),
  });
  const { dataset, source } = await place.open(`${path}/set.zip`);
  expect(dataset.images.map(({ path: each }) => each)).toEqual(["a/1.png", "b/1.png"]);
  expect(dataset.skipped).toEqual([{ path: "a.zip", reason: "an archive beside images" }]);
  const kept = await readdir(source.pathOf(dataset.images[0] ?? raise()).replace(/[^/\\]+$/, ""));
  expect(kept).toHaveLength(2);
});

function raise(): never {
  throw new Error("no image");
}

test("two archives that would be one folder are refused, and no lease is left", async () => {
  const [one, before] = [zip(["1.png"]), await leases()];
  await expect(
    listed({ "cats.zip": one, "cats.tgz": gzipSync(await tarOf(entriesOf(["1.png"]))) }),
  ).rejects.toMatchObject({
    code: "bad-input",
    message: expect.stringMatching(/cats\.tgz and cats\.zip, which would both be read as the folder cats/),
  });
  expect(await leases()).toEqual(before);
});

test("one that is refused is named as it lies there, and the others' leases go", async () => {
  const before = await leases();
  const bad = zipOf([{ name: "../evil.png", content: picked(0) }]);
  const outer = zipOf([{ name: "bad.zip", content: bad }]);
  await expect(listed({ "a.zip": zip(["1.png"]), "b.zip": outer })).rejects.toMatchObject({
    code: "bad-input",
    message: expect.stringMatching(/b\.zip\/bad\.zip: The archive is refused/),
  });
  expect(await leases()).toEqual(before);
});

test("what is a zip by its bytes alone stays a document, and what is none by its bytes no archive", async () => {
  const { files, notes } = await listed({
    "labels.xlsx": zip(["1.png"]),
    "broken.zip": "no zip",
    "data.csv.gz": gzipSync("a,b"),
  });
  expect(files).toEqual(["broken.zip", "data.csv.gz", "labels.xlsx"]);
  expect(notes).toEqual([]);
});

test("the limits hold for all archives together", async () => {
  const source = await place.write(folder, { "a.zip": zip(["1.png"]), "b.zip": zip(["1.png"], 1) });
  const open = async (entries: number) => {
    const before = { entries, totalBytes: 0 };
    const listing = await expandArchives(await walkFolder(source), { home: place.home, source, before });
    await listing.lease?.[Symbol.asyncDispose]();
  };
  await open(249_998);
  await expect(open(249_999)).rejects.toMatchObject({ code: "limit" });
});

test("names that are not UTF-8 are told of an archive within, too", async () => {
  const { notes } = await listed({
    "a.zip": zip(["1.png"]),
    "b.zip": zipOf([{ name: Buffer.from([0xb9, 0xb7]), content: picked(1) }]),
  });
  expect(notes).toEqual([
    "a.zip and b.zip are read as folders",
    expect.stringContaining("names in b.zip are not UTF-8; graft reads them as CP437: ╣╖ ("),
  ]);
});

test("a folder of archives is a data set, and no folder of images without classes", async () => {
  const path = await place.write(folder, { "a.zip": zip(["1.png"]), "b.zip": zip(["1.png"], 1) });
  const inspect = (file: string) => place.pool.inspect(file);
  expect(await openUnlabelled(path, { inspect })).toBeUndefined();
});
