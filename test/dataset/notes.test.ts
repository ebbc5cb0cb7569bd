import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawSplit, splitWarnings } from "@graft/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";
import { zipOf } from "./zip-writer.ts";

let place: Workplace;
let pictures: readonly Buffer[];

beforeAll(async () => {
  place = await openWorkplace();
  pictures = await Promise.all(Array.from({ length: 12 }, (_, seed) => picture(seed + 1)));
});
afterAll(() => place.close());

/** Files by name, each another picture. */
const files = (...names: readonly string[]): Record<string, Buffer> =>
  Object.fromEntries(names.map((name, at) => [name, pictures[at % 12] ?? Buffer.alloc(0)]));

async function notesOf(folder: string, options: Parameters<Workplace["open"]>[1] = {}): Promise<string[]> {
  const { dataset } = await place.open(folder, options);
  return dataset.notes.map(({ message }) => message);
}

const refusal = (folder: string, options: Parameters<Workplace["open"]>[1] = {}): Promise<string> =>
  place.open(folder, options).then(
    ({ dataset }) => `taken: ${dataset.labels}`,
    (error: unknown) => String(error),
  );

describe("nothing that looks like an image is passed over without a line", () => {
  test("a class folder that is a link out of the data set", async () => {
    const outside = await place.write("store", files("birds/1.png"));
    const folder = await place.write("linked", files("cats/1.png", "dogs/2.png"));
    await symlink(join(outside, "birds"), join(folder, "birds"));
    expect(await notesOf(folder)).toEqual([
      "the class folder birds is left out: a link that leads out of the folder",
    ]);
  });

  test("images that are links out of it, and hidden ones", async () => {
    const outside = await place.write("store2", files("1.png"));
    const folder = await place.write(
      "links2",
      files("cats/1.png", "dogs/2.png", "cats/.3.png", "cats/._1.png"),
    );
    for (const name of ["8.png", "9.png"]) await symlink(join(outside, "1.png"), join(folder, "cats", name));
    expect(await notesOf(folder)).toEqual([
      "1 file is passed over (a hidden (dot) file), such as cats/.3.png",
      "2 files are passed over (a link that leads out of the folder), such as cats/8.png",
    ]);
  });

  test("files of formats that nobody knows, by their endings, films too; texts need no line", async () => {
    const folder = await place.write("formats", {
      ...files("cats/1.png", "dogs/2.png"),
      ...{ "cats/3.xyz": "data", "cats/4.xyz": "data", "dogs/5": "data" },
      ...{ "cats/notes.txt": "x", "dogs/clip.mp4": "x", README: "x", "cats/Thumbs.db": "x" },
    });
    expect(await notesOf(folder)).toEqual([
      "4 files are not images that graft can read (2 .xyz, 1 without an ending, 1 .mp4), such as cats/3.xyz",
    ]);
  });

  test("graft's own home inside the data set is no class, at whatever depth", async () => {
    const folder = await place.write(
      "with-home",
      files("cats/1.png", "dogs/2.png", "h/runs/9.png", "cats/h/8.png"),
    );
    expect(await notesOf(folder, { home: join(folder, "h") })).toEqual([
      "the class folder h is left out: it is graft's own home, where runs and caches are kept",
    ]);
    const { dataset } = await place.open(folder, { home: join(folder, "h") });
    expect(dataset.labels).toEqual(["cats", "dogs"]);
  });
});

describe("no usable image: the most frequent reason and its count", () => {
  test("links that lead out", async () => {
    const outside = await place.write("store3", files("1.png"));
    const folder = await place.write("all-links", { "a/x": null, "b/x": null });
    for (const name of ["1.png", "2.png", "3.png"])
      for (const label of ["a", "b"]) await symlink(join(outside, "1.png"), join(folder, label, name));
    expect(await refusal(folder)).toMatch(
      /no usable image of "a", "b"\. 6 files, such as a\/1.png: a link that leads out of the folder\./,
    );
  });

  test("a format that is not read", async () => {
    const folder = await place.write("xyz", { "a/1.xyz": "x", "a/2.xyz": "x", "b/1.xyz": "x" });
    const text = await refusal(folder);
    expect(text).toContain("3 files, such as a/1.xyz: not an image.");
    // the folders are right: no tree tells of it
    expect(text).not.toContain("Expected");
  });
});

test("class names that look like one are named, with what cannot be seen", async () => {
  const folder = await place.write(
    "alike",
    files("Cat/1.png", "cat/2.png", "cat /3.png", "cat\u200b/4.png", "dog/5.png"),
  );
  expect(await notesOf(folder)).toEqual([
    'Cat, cat, "cat " and "cat\\u200b" look like one class: give them one name, or names that differ more',
  ]);
  const cyrillic = await place.write(
    "alike2",
    files("cat/1.png", "с\u0430t/2.png", "dog/3.png", "no_entry/4.png", "no-entry/5.png"),
  );
  expect(await notesOf(cyrillic)).toHaveLength(2);
});

describe("changed copies of one photo stay on one side", () => {
  const hex = (at: number): string => at.toString(16).padStart(32, "0");
  const sources = ["IMG1", "IMG2", "IMG3"];

  test.each<[string, (source: string, copy: number) => string]>([
    ["Roboflow", (source, copy) => `${source}_jpg.rf.${hex(copy * 7 + 1)}.png`],
    [
      "Augmentor",
      (source, copy) => `a_original_${source}.png_0000000${copy}-0000-0000-0000-000000000000.png`,
    ],
    ["words behind the name", (source, copy) => (copy === 0 ? `${source}.png` : `${source}_flip${copy}.png`)],
  ])("%s", async (name, nameOf) => {
    const names = ["a", "b"].flatMap((label) =>
      sources.flatMap((source) => [0, 1].map((copy) => `${label}/${nameOf(source, copy)}`)),
    );
    const folder = await place.write(name, files(...names));
    const { dataset } = await place.open(folder);
    const groups = new Map<string, number>();
    for (const { group = "none" } of dataset.images) groups.set(group, (groups.get(group) ?? 0) + 1);
    expect([...groups.values()]).toEqual([2, 2, 2, 2, 2, 2]);
    const split = drawSplit(dataset, { seed: 1, fraction: 0.4 });
    const held = new Set(split.validation);
    for (const group of groups.keys())
      expect(
        new Set(dataset.images.flatMap((image) => (image.group === group ? [held.has(image.hash)] : [])))
          .size,
      ).toBe(1);
  });

  test("a name that happens to hold such a word, without a photo before the change, is no copy", async () => {
    const folder = await place.write("flips", files("a/pancake_flip.png", "a/2.png", "b/3.png", "b/4.png"));
    const { dataset } = await place.open(folder);
    expect(dataset.images.map(({ group }) => group)).toEqual([undefined, undefined, undefined, undefined]);
  });

  test("given folders with copies of one photo in two of them are warned of", async () => {
    const names = ["a", "b"].flatMap((label) => [
      `train/${label}/X_jpg.rf.${hex(1)}.png`,
      `train/${label}/Y.png`,
      `valid/${label}/X_jpg.rf.${hex(2)}.png`,
    ]);
    const { dataset } = await place.open(await place.write("given", files(...names)));
    const split = drawSplit(dataset, { seed: 1, fraction: 0.2 });
    const [warning] = splitWarnings(dataset, split).filter(({ code }) => code === "copies-across-parts");
    expect(warning?.message).toContain("2 photos have changed copies in more than one of the given");
  });
});

describe("--group-prefix", () => {
  test("that binds all images is refused, with the group", async () => {
    const folder = await place.write(
      "all",
      files("cat/IMG_0001.png", "cat/IMG_0002.png", "dog/IMG_0003.png"),
    );
    expect(await refusal(folder, { groupPrefix: true })).toContain(
      "`groupPrefix` puts all 3 images into one group, IMG",
    );
  });

  test("that binds nothing says so; frames of a clip are understood", async () => {
    const none = await place.write("none", files("cat/a.png", "cat/b.png", "dog/c.png", "dog/d.png"));
    expect(await notesOf(none, { groupPrefix: true })).toEqual([
      expect.stringContaining("finds no images that are numbered alike"),
    ]);
    const frames = await place.write(
      "frames",
      files(
        "cat/cat0_frame001.png",
        "cat/cat0_frame002.png",
        "dog/dog1_frame001.png",
        "dog/dog1_frame002.png",
      ),
    );
    const { dataset } = await place.open(frames, { groupPrefix: true });
    expect(dataset.images.map(({ group }) => group)).toEqual(["cat0", "cat0", "dog1", "dog1"]);
    expect(dataset.notes).toEqual([]);
  });
});

describe("labels from files, in real folders", () => {
  test("a table beside the images, one elsewhere with a column, and names", async () => {
    const images = files("images/p1.png", "images/p2.png", "images/p3.png", "images/p4.png");
    const folder = await place.write("table", {
      ...images,
      "labels.csv": "id,breed\np1,pug\np2,pug\np3,beagle\np4,beagle\n",
    });
    const { dataset } = await place.open(folder);
    expect([dataset.labels, dataset.images.map(({ label }) => label)]).toEqual([
      ["beagle", "pug"],
      [1, 1, 0, 0],
    ]);
    expect(dataset.notes.map(({ message }) => message)).toEqual([
      "the labels are read from labels.csv, column breed: 2 classes",
    ]);
    const elsewhere = await place.write("elsewhere", {
      "more.csv": "id,age,sex\np1,1,f\np2,2,f\np3,3,m\np4,4,m\n",
    });
    const other = await place.open(folder, { labelsFrom: `${join(elsewhere, "more.csv")}:sex` });
    expect(other.dataset.labels).toEqual(["f", "m"]);
    const list = join(
      await place.write("list", { "list.txt": "p1 x\np2 x\np3 y\np4 y\n", "l.xlsx": "PK" }),
      "list.txt",
    );
    expect((await place.open(folder, { labelsFrom: list })).dataset.labels).toEqual(["x", "y"]);
    const sheet = list.replace("list.txt", "l.xlsx");
    await expect(place.open(folder, { labelsFrom: sheet })).rejects.toThrow(
      /is a spreadsheet.*Save it as CSV/,
    );
    const gone = join(elsewhere, "gone.csv");
    for (const labelsFrom of [gone, `${gone}:breed`])
      await expect(place.open(folder, { labelsFrom })).rejects.toMatchObject({
        ...{ code: "not-found", parts: { what: `There is no label file ${gone}.` } },
      });
  });

  test("a table that an old spreadsheet wrote keeps its letters", async () => {
    const images = files("x/p1.png", "x/p2.png", "x/p3.png", "x/p4.png");
    const text = Buffer.from("id;Art\np1;Hündin\np2;Hündin\np3;Rüde\np4;Rüde\n", "latin1");
    const { dataset } = await place.open(await place.write("latin", { ...images, "art.csv": text }));
    expect(dataset.labels).toEqual(["Hündin", "Rüde"]);
  });
});

const entriesOf = (contents: Readonly<Record<string, Buffer>>) =>
  Object.entries(contents).map(([name, content]) => ({ name, content }));

describe("the same in an archive", () => {
  test("a table in a .zip says the labels; notes of the listing come first", async () => {
    const images = files("images/p1.png", "images/p2.png", "images/p3.png", "images/p4.png");
    const zip = place.path("table.zip");
    const rows = "id,breed\np1,pug\np2,pug\np3,beagle\np4,beagle\n";
    await writeFile(zip, zipOf([...entriesOf(images), { name: "labels.csv", content: Buffer.from(rows) }]));
    for (const _ of ["unpacked", "found again"]) {
      const { dataset } = await place.open(zip);
      expect(dataset.labels).toEqual(["beagle", "pug"]);
      expect(dataset.notes.map(({ code }) => code)).toEqual(["labels-from-file"]);
    }
  });

  test("a .zip a part, whose images have their labels in their names", async () => {
    const folder = await place.write("packed", { "train.zip": "", "test.zip": "" });
    const named = (from: number) =>
      entriesOf(files(...["cat", "dog"].flatMap((label) => [0, 1].map((at) => `${label}.${from + at}.png`))));
    await writeFile(join(folder, "train.zip"), zipOf(named(0)));
    await writeFile(join(folder, "test.zip"), zipOf(named(2)));
    const { dataset } = await place.open(folder);
    expect(dataset.images.map(({ path, part }) => `${path} ${part}`)).toContain("train/cat.0.png train");
    expect(dataset.notes.map(({ code }) => code)).toEqual(["archives-as-folders", "labels-from-names"]);
  });
});
