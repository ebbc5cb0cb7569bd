// The whole way of an upload: from files by their names to rows, blobs and sides, through a process that reads them.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ImageRow } from "@graft/api";
import { drawSplit } from "@graft/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { uploadAnswer } from "../../../packages/api/src/uploads/upload-views.ts";
import { openWorkplace, picture, type Workplace } from "../../dataset/workplace.ts";
import { type ZipEntry, zipOf } from "../../dataset/zip-writer.ts";
import { bundledReader } from "./bundled-reader.ts";
import { type Files, type OpenedDatasets, openDatasets, sha256 } from "./open-datasets.ts";
import { HEIC, hugePng, noise, reencoded, SVG } from "./pictures.ts";

const program = await bundledReader();
let opened: OpenedDatasets;
let place: Workplace;
beforeAll(async () => {
  [opened, place] = await Promise.all([openDatasets({ program }), openWorkplace()]);
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await place.close();
});

async function newDataset() {
  const caller = await opened.person();
  const { dataset } = await opened.services.datasets.create(caller, {
    name: "pets",
    classes: [],
    known: null,
  });
  return { caller, id: dataset.id };
}

const zipped = (files: Files): Uint8Array =>
  zipOf(Object.entries(files).map(([name, content]): ZipEntry => ({ name, content })));
const paths = (rows: readonly ImageRow[]): string[] => rows.map(({ path }) => path).sort();
const first = async (files: Files): Promise<Uint8Array> => Object.values(files)[0] ?? new Uint8Array();

/** Groups, equal files, look-alikes, one content in two classes, a copy, a broken file: all that a split regards. */
async function awkward(): Promise<Files> {
  const files = await noise(["cats", "dogs", "owls"], 8);
  const cat = files["cats/0.png"] ?? new Uint8Array();
  return {
    ...files,
    "cats/again.png": cat,
    "cats/like.webp": await reencoded(cat),
    "cats/like_flip.webp": await picture(77),
    "dogs/both.png": await picture(88),
    "owls/both.png": await picture(88),
    "dogs/cut.jpg": Uint8Array.from([0xff, 0xd8, 0xff, 0xe0]),
    "readme.txt": Buffer.from("pets"),
  };
}

describe("what comes in is what the command line would train on", () => {
  test.each(["loose files", "a zip"])("%s", async (how) => {
    const { caller, id } = await newDataset();
    const files = await awkward();
    const upload = await opened.bring(caller, id, how === "a zip" ? { "pets.zip": zipped(files) } : files);
    expect(upload).toMatchObject({
      state: "done",
      result: {
        ...{ added: 29, same: 0, unsorted: 0, skipped: { count: 1 } },
        broken: { count: 1, first: [{ path: "dogs/cut.jpg", reason: expect.stringContaining("cut off") }] },
      },
    });
    const { dataset } = await place.open(await place.write(how.replace(" ", "-"), files));
    const frozen = await opened.services.datasets.freeze(id);
    expect(frozen.dataset.labels).toEqual(dataset.labels);
    expect(frozen.dataset.images).toEqual(dataset.images);
    expect(frozen.dataset.broken.map(({ path }) => path)).toEqual(dataset.broken.map(({ path }) => path));
    expect(frozen.split).toEqual(
      drawSplit(dataset, { seed: frozen.split.seed, fraction: frozen.split.fraction }),
    );
    // every picture and every small one is there, and nothing else
    const rows = await opened.images(id);
    for (const { hash, thumbnail, use } of rows) {
      expect(await opened.blobs.head(hash)).toBeDefined();
      expect(thumbnail === null).toBe(use === "broken");
      if (thumbnail !== null) expect(await opened.blobs.head(thumbnail)).toBeDefined();
    }
    const left = await readdir(join(opened.home, "server/import"));
    expect(left).toEqual([]);
    // an archive's own bytes are no picture's
    expect(await opened.blobs.head(sha256(zipped(files)))).toBeUndefined();
  });

  test("train, validation and test folders are kept as they are", async () => {
    const { caller, id } = await newDataset();
    const files = await noise(["train/cats", "train/dogs", "val/cats", "val/dogs", "test/cats"], 3);
    await opened.bring(caller, id, files);
    const { dataset } = await place.open(await place.write("parts", files));
    const frozen = await opened.services.datasets.freeze(id);
    expect(frozen.dataset.images).toEqual(dataset.images);
    expect(frozen.split).toEqual(
      drawSplit(dataset, { seed: frozen.split.seed, fraction: frozen.split.fraction }),
    );
    expect(frozen.split.kind).toBe("given");
  });
});

describe("a second upload", () => {
  test("moves no old picture, skips what is there, and gives taken names a number", async () => {
    const { caller, id } = await newDataset();
    const files = await noise(["cats", "dogs"], 10);
    await opened.bring(caller, id, files);
    const before = await opened.images(id);
    const more = await noise(["cats", "dogs"], 10, 100);
    const other = await noise(["cats"], 1, 500);
    const upload = await opened.bring(caller, id, {
      ...files,
      ...more,
      "cats/0.png": await first(other),
      "birds/1.png": await picture(901),
      "birds/2.png": await picture(902),
    });
    expect(upload.result).toMatchObject({ added: 23, same: 19 });
    const after = await opened.images(id);
    const sides = new Map(after.map((row) => [row.id, row.part]));
    for (const { id: image, part } of before) expect(sides.get(image)).toBe(part);
    expect(paths(after)).toContain("cats/0 (2).png");
    expect(after.filter(({ part }) => part === null)).toEqual([]);
    const { classes } = await opened.services.datasets.get(caller, id);
    expect(classes.map(({ name }) => name)).toEqual(["birds", "cats", "dogs"]);
    const held = after.filter(({ part, class: of }) => part === "validation" && of === classes[0]?.id);
    expect(held).toHaveLength(1);
    // 21 cats: four are held back
    const cats = after.filter(({ part, class: of }) => part === "validation" && of === classes[1]?.id);
    expect(cats).toHaveLength(4);
  });

  test("the same bytes under another class are taken in, and wait for somebody to say which it is", async () => {
    const { caller, id } = await newDataset();
    const files = await noise(["cats", "dogs"], 4);
    await opened.bring(caller, id, files);
    const { classes } = await opened.services.datasets.get(caller, id);
    const dogs = classes[1]?.id ?? "";
    await opened.bring(caller, id, { "tom.png": files["cats/0.png"] ?? new Uint8Array() }, { class: dogs });
    const rows = await opened.images(id);
    const [old, twin] = ["cats/0.png", "tom.png"].map((path) => rows.find((row) => row.path === path));
    expect(twin).toMatchObject({ class: dogs, part: null, use: "in" });
    expect(old?.part).not.toBeNull();
    const frozen = await opened.services.datasets.freeze(id);
    expect([...frozen.split.train, ...frozen.split.validation]).not.toContain(old?.hash);
    // left out, it is no question any more, and the other one goes to the side that its content had
    await opened.services.edits.leaveOut(caller, id, null, { images: [old?.id ?? ""] });
    await opened.services.datasets.freeze(id);
    expect((await opened.images(id)).find((row) => row.path === "tom.png")?.part).toBe(old?.part);
  });
});

describe("what a training would refuse is taken in, for somebody to sort", () => {
  test("loose pictures have no class", async () => {
    const { caller, id } = await newDataset();
    const upload = await opened.bring(caller, id, await noise([""], 3));
    expect(upload.result).toMatchObject({
      ...{ added: 3, unsorted: 3 },
      notes: [{ code: "unsorted", message: expect.stringContaining("3 pictures are in no class yet") }],
    });
    expect((await opened.images(id)).map(({ class: of, part }) => [of, part])).toEqual(
      Array(3).fill([null, null]),
    );
    const view = await opened.services.datasets.get(caller, id);
    expect(view.dataset.notes.map(({ code }) => code)).toEqual(["unsorted"]);
  });

  test("one folder is a class, said; so is one that is called as a class that there is", async () => {
    const { caller, id } = await newDataset();
    const one = await opened.bring(caller, id, await noise(["cats"], 3));
    expect(one.result?.notes.map(({ code }) => code)).toEqual(["one-class"]);
    const again = await opened.bring(caller, id, await noise(["holiday/cats"], 2, 50));
    expect(again.result).toMatchObject({ added: 2, unsorted: 0, notes: [{ code: "one-class" }] });
    const { classes } = await opened.services.datasets.get(caller, id);
    expect(classes.map(({ name }) => name)).toEqual(["cats"]);
  });

  test("a class without a readable picture is told with its broken files", async () => {
    const { caller, id } = await newDataset();
    const upload = await opened.bring(caller, id, {
      ...(await noise(["cats"], 2)),
      ...{ "dogs/photo.heic": HEIC, "dogs/drawing.svg": SVG, "dogs/huge.png": hugePng() },
    });
    expect(upload.result).toMatchObject({ added: 2, broken: { count: 3 } });
    const { classes, counts } = await opened.services.datasets.get(caller, id);
    expect(classes.map(({ name }) => name)).toEqual(["cats", "dogs"]);
    expect(counts.classes[classes[1]?.id ?? ""]).toMatchObject({ broken: 3, train: 0 });
    const reasons = Object.fromEntries(
      (await opened.images(id)).flatMap(({ path, reason }) => (reason === null ? [] : [[path, reason]])),
    );
    expect(reasons["dogs/photo.heic"]).toMatch(/JPEG/);
    expect(reasons["dogs/drawing.svg"]).toMatch(/SVG/);
    expect(reasons["dogs/huge.png"]).toMatch(/too large/);
    await expect(opened.services.datasets.freeze(id)).rejects.toMatchObject({ code: "bad-input" });
  });

  test("folders that can mean two things are refused whole, until somebody says which", async () => {
    const { caller, id } = await newDataset();
    const files = await noise(["monday/cats", "monday/dogs", "tuesday/cats", "tuesday/dogs"], 2);
    const refused = await opened.bring(caller, id, files);
    expect(refused).toMatchObject({ state: "failed", error: { code: "bad-input" } });
    expect(refused.error?.message).toContain("labelsFrom");
    expect(await opened.images(id)).toEqual([]);
    const upload = await opened.bring(caller, id, files, { labelsFrom: "inner-folders" });
    expect(upload.result).toMatchObject({ added: 8, unsorted: 0 });
    const { classes } = await opened.services.datasets.get(caller, id);
    expect(classes.map(({ name }) => name)).toEqual(["cats", "dogs"]);
  });

  test("a table that was sent with the pictures says their classes, whatever folders say", async () => {
    const { caller, id } = await newDataset();
    const files = await noise(["monday", "tuesday"], 2);
    const [a, b, c] = Object.keys(files);
    const rows = `file,breed,mood\n${a},tabby,good\n${b},siamese,bad\n${c},tabby,bad\nnobody.png,siamese,good\n`;
    const sent = { ...files, "notes/labels.txt": new TextEncoder().encode(rows) };
    const labelTable = { path: "notes/labels.txt", column: "breed" };
    const upload = await opened.bring(caller, id, sent, { labelTable });
    expect(upload).toMatchObject({ state: "done", result: { added: 3 } });
    expect(upload.result?.notes.map(({ message }) => message)).toContain(
      "the labels are read from notes/labels.txt, column breed: 2 classes",
    );
    const { classes } = await opened.services.datasets.get(caller, id);
    const nameOf = new Map(classes.map((each) => [each.id, each.name]));
    const found = (await opened.images(id)).map(({ path, class: of }) => [path, nameOf.get(of ?? "")]);
    expect(Object.fromEntries(found)).toEqual({ [`${a}`]: "tabby", [`${b}`]: "siamese", [`${c}`]: "tabby" });

    // a path of the server's is no name of a file that was sent
    const hosts = join(import.meta.dirname, "import.test.ts");
    const elsewhere = await opened.bring(caller, id, sent, {
      labelTable: { path: "labels.txt", column: null },
    });
    expect(elsewhere).toMatchObject({ state: "failed", error: { code: "bad-input" } });
    await expect(
      opened.send(caller, id, sent, { labelTable: { path: hosts, column: null } }),
    ).rejects.toMatchObject({ code: "bad-input" });
    await expect(opened.send(caller, id, sent, { labelTable, labelsFrom: "names" })).rejects.toMatchObject({
      code: "bad-input",
    });
  });
});

describe("what is said of a table names what an upload takes", () => {
  /** A row for each picture. */
  const table = (files: Files, columns: string, rowOf: (at: number) => string): Uint8Array =>
    Buffer.from(
      `image,${columns}\n${Object.keys(files)
        .map((path, at) => `${path},${rowOf(at)}\n`)
        .join("")}`,
    );
  const twoColumns = (files: Files): Uint8Array =>
    table(files, "dx,sex", (at) => `${at % 2 ? "mel" : "nv"},${at % 3 ? "m" : "f"}`);

  test("where it is not clear which column has the classes", async () => {
    const { caller, id } = await newDataset();
    const pictures = await noise(["part_1", "part_2"], 6);
    const files = { ...pictures, "meta.csv": twoColumns(pictures) };
    const { error } = uploadAnswer(await opened.bring(caller, id, files));
    expect(error?.parts?.what).toContain("2 columns of meta.csv may hold the labels");
    expect(error?.message).not.toMatch(/labelsFrom: meta|Expected +Found|\(\d+ files\)/);
    const [, named = "{}"] = /`labelTable: ([^`]*"dx"[^`]*)`/.exec(error?.message ?? "") ?? [];
    const labelTable = JSON.parse(named);
    expect(labelTable).toEqual({ path: "meta.csv", column: "dx" });
    const upload = await opened.bring(caller, id, files, { labelTable });
    expect(upload).toMatchObject({ state: "done", result: { added: 12 } });
  });

  test("where a column is not there, and where folders say something else", async () => {
    const { caller, id } = await newDataset();
    const pictures = await noise(["cats", "dogs"], 4);
    const files = { ...pictures, "meta.csv": twoColumns(pictures) };
    const refused = await opened.bring(caller, id, files, {
      labelTable: { path: "meta.csv", column: "age" },
    });
    expect(uploadAnswer(refused).error?.parts).toMatchObject({
      what: expect.stringContaining("it has no column age"),
      fix: expect.stringContaining('`labelTable: {"path":"meta.csv","column":"dx"}`'),
    });
    const other = { ...pictures, "more.csv": table(pictures, "colour", (at) => (at % 2 ? "red" : "blue")) };
    const { result } = uploadAnswer(await opened.bring(caller, id, other));
    expect(result?.notes.map(({ message }) => message).join()).toContain(
      'to use those: `labelTable: {"path":"more.csv","column":"colour"}`',
    );
  });
});

describe("archives that would do harm are refused whole, by name", () => {
  test("a name that leads out of the archive", async () => {
    const { caller, id } = await newDataset();
    const files = { "cats/1.png": await picture(1), "../../escaped.png": await picture(2) };
    const upload = await opened.bring(caller, id, { "pets.zip": zipped(files) });
    expect(upload).toMatchObject({ state: "failed", error: { code: "bad-input" } });
    expect(upload.error?.message).toContain("leads out of its folder");
    expect(await opened.images(id)).toEqual([]);
    // and no path of this machine is told
    expect(JSON.stringify(upload.error)).not.toContain(opened.home);
  });

  test("a bomb", async () => {
    const { caller, id } = await newDataset();
    const bomb = zipOf([{ name: "cats/1.png", content: Buffer.alloc(40 * 2 ** 20), method: "deflated" }]);
    const upload = await opened.bring(caller, id, { "pets.zip": bomb });
    expect(upload).toMatchObject({ state: "failed", error: { code: "limit" } });
    expect(await opened.blobs.head(sha256(bomb))).toBeUndefined();
  });
});

test("pictures and small ones are opened for their owner, and for nobody else", async () => {
  const set = await newDataset();
  const files = { "cats/1.png": await picture(300), "cats/cut.jpg": Uint8Array.from([0xff, 0xd8, 0xff]) };
  await opened.bring(set.caller, set.id, files);
  const [whole, broken] = await opened.images(set.id);
  const { images } = opened.services;
  const file = await images.openFile(set.caller, whole?.id ?? "");
  expect(file).toMatchObject({ mediaType: "image/png", name: "1.png", bytes: files["cats/1.png"].length });
  const got: Uint8Array[] = [];
  for await (const piece of await file.stream()) got.push(piece);
  expect(Buffer.concat(got).equals(files["cats/1.png"])).toBe(true);
  expect(await images.openThumbnail(set.caller, whole?.id ?? "")).toMatchObject({ mediaType: "image/webp" });
  // what cannot be read is sent as what nobody opens
  expect(await images.openFile(set.caller, broken?.id ?? "")).toMatchObject({
    mediaType: "application/octet-stream",
  });
  await expect(images.openThumbnail(set.caller, broken?.id ?? "")).rejects.toMatchObject({
    code: "not-found",
  });
  const stranger = await opened.person();
  await expect(images.openFile(stranger, whole?.id ?? "")).rejects.toMatchObject({ code: "not-found" });
  await expect(images.openThumbnail(stranger, whole?.id ?? "")).rejects.toMatchObject({ code: "not-found" });
});
