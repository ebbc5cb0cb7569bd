// Files that a host has under names of their sender: the rules of openDataset, and no name is a path.
import { join } from "node:path";
import { createImagePool, openFiles } from "@graft/core/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";
import { zipOf } from "./zip-writer.ts";

let place: Workplace;
let count = 0;

beforeAll(async () => {
  place = await openWorkplace();
});
afterAll(() => place.close());

/** Bytes under numbers on the disk, known by their names. */
async function given(files: Readonly<Record<string, Uint8Array | string>>) {
  const folder = `given${++count}`;
  const entries = Object.entries(files);
  const numbered = Object.fromEntries(entries.map(([, content], at) => [String(at), content]));
  await place.write(folder, numbered);
  return entries.map(([path], at) => ({ path, location: place.path(join(folder, String(at))) }));
}

async function open(files: Readonly<Record<string, Uint8Array | string>>) {
  const opened = await openFiles(await given(files), { source: "the upload", home: place.home });
  const inspect = (path: string) => place.pool.inspect(path);
  return {
    files: opened.files,
    scan: (options: Partial<Parameters<typeof opened.scan>[0]> = {}) => opened.scan({ inspect, ...options }),
  };
}

const pictures = async (...names: readonly string[]) =>
  Object.fromEntries(await Promise.all(names.map(async (name, at) => [name, await picture(at)] as const)));

test("folders are classes, junk is passed over, and the same folder opened by its path has the same images", async () => {
  const files = await pictures("set/cats/1.png", "set/cats/2.png", "set/dogs/1.png", "set/dogs/2.png");
  const { scan } = await open({ ...files, "set/cats/.DS_Store": "x", "__MACOSX/cats/._1.png": "x" });
  const { dataset, locations, labelOf } = await scan();
  expect(dataset.labels).toEqual(["cats", "dogs"]);
  expect(dataset.skipped.map(({ path }) => path)).toEqual(["__MACOSX", "set/cats/.DS_Store"]);
  const folder = await place.open(await place.write("same", files));
  expect(dataset.images).toEqual(folder.dataset.images);
  expect(locations.size).toBe(4);
  expect(labelOf("set/dogs/gone.png")).toBe("dogs");
});

test("one archive is the data set, whatever it is called; one beside loose images is left out, said", async () => {
  const files = await pictures("cats/1.png", "cats/2.png", "dogs/1.png", "dogs/2.png");
  const zip = zipOf(Object.entries(files).map(([name, content]) => ({ name, content })));
  const { dataset } = await (await open({ "photos.bin": zip })).scan();
  expect(dataset.images.map(({ path }) => path)).toEqual(Object.keys(files));
  const beside = await (await open({ ...files, "more.zip": zip })).scan();
  expect(beside.dataset.notes.map(({ code }) => code)).toContain("archives-beside-images");
});

test.each(["../1.png", "cats/../../1.png", "/etc/1.png", "C:\\1.png", "a\\..\\..\\1.png", "a\0.png"])(
  "a name that leads out of its folder is refused: %j",
  async (name) => {
    await expect(open({ "cats/1.png": "x", [name]: "y" })).rejects.toMatchObject({
      code: "bad-input",
      // there is no archive
      message: expect.stringMatching(/^A file is refused: it .*\. Received: /),
    });
  },
);

test("an archive of another kind is refused with what to do", async () => {
  const rar = Uint8Array.from([0x52, 0x61, 0x72, 0x21, 0x1a, 7, 1, 0]);
  await expect(open({ "photos.rar": rar })).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringContaining("photos.rar is a RAR archive. Expected: a .zip, .tar or .tar.gz."),
  });
});

test("with a class given every readable image is of it, and what cannot be read is told", async () => {
  const files = await pictures("masks/1.png", "deep/er/2.png", "3.png");
  const { scan } = await open({ ...files, "cut.jpg": Uint8Array.from([0xff, 0xd8, 0xff]), "notes.txt": "x" });
  const { dataset } = await scan({ label: "cats" });
  expect(dataset.labels).toEqual(["cats"]);
  expect(dataset.images.map(({ path }) => path)).toEqual(["3.png", "deep/er/2.png", "masks/1.png"]);
  expect(dataset.broken.map(({ path, code }) => [path, code])).toEqual([["cut.jpg", "corrupt"]]);
  expect(dataset.skipped.map(({ path }) => path)).toEqual(["notes.txt"]);
  const none = await (await open({ "cut.jpg": Uint8Array.from([0xff, 0xd8, 0xff]) })).scan({ label: "cats" });
  expect([none.dataset.images.length, none.dataset.broken.length]).toEqual([0, 1]);
});

test("a refusal says whether there is no class, one folder that may be one, or a choice to make", async () => {
  const factsOf = async (...names: readonly string[]) =>
    (await open(await pictures(...names))).scan({ purpose: "score" }).then(
      () => "taken",
      (error: { facts: unknown }) => error.facts,
    );
  expect(await factsOf("1.png", "2.png")).toMatchObject({ classes: "none" });
  expect(await factsOf("images/1.png", "images/2.png")).toMatchObject({ classes: "none" });
  expect(await factsOf("photos/cats/1.png", "photos/cats/2.png")).toMatchObject({
    classes: "one",
    folder: "cats",
  });
  const twice = ["a/x/1.png", "a/y/2.png", "b/x/3.png", "b/y/4.png"];
  expect(await factsOf(...twice)).not.toHaveProperty("classes");
});

test("a thumbnail comes with the look at an image, no larger than it, and small images keep their size", async () => {
  const { default: sharp } = await import("sharp");
  const create = { width: 1000, height: 400, channels: 3, background: "#a01020" } as const;
  const wide = await sharp({ create }).jpeg().toBuffer();
  const pool = createImagePool({ threads: 1 });
  try {
    const looked = await pool.inspectWithThumbnail(new Uint8Array(wide), 256);
    const { thumbnail, ...file } = looked;
    expect(file).toEqual(await pool.inspect(new Uint8Array(wide)));
    const { format, width, height } = await sharp(thumbnail).metadata();
    expect([format, width, height]).toEqual(["webp", 256, 102]);
    const small = await pool.inspectWithThumbnail(new Uint8Array(await picture(1)), 256);
    const facts = await sharp(small.thumbnail).metadata();
    expect([facts.width, facts.height]).toEqual([40, 30]);
  } finally {
    await pool.close();
  }
});
