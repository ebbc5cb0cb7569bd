import { symlink } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset } from "@graft/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sharedPath } from "../shared.ts";
import { openWorkplace, picture, type Workplace } from "./workplace.ts";

let place: Workplace;
let one: Buffer;
let two: Buffer;

beforeAll(async () => {
  place = await openWorkplace();
  one = await picture(1);
  two = await picture(2);
});
afterAll(() => place.close());

const summary = ({ labels, images }: Dataset) =>
  images.map(({ path, label, part }) => [path, labels[label], part].filter(Boolean).join(" "));

test("a folder with one sub-folder a class; images lie at any depth below it", async () => {
  const folder = await place.write("plain", { "b/1.png": one, "a/deep/er/2.PNG": two, "a/3.JPEG": one });
  const { dataset, source } = await place.open(folder);
  expect(dataset.labels).toEqual(["a", "b"]);
  expect(dataset.presplit).toBe(false);
  expect(summary(dataset)).toEqual(["a/3.JPEG a", "a/deep/er/2.PNG a", "b/1.png b"]);
  const [first] = dataset.images;
  if (first === undefined) throw new Error("no image");
  expect(first.facts).toMatchObject({ format: "png", width: 40, height: 30 });
  expect(source.pathOf(first)).toBe(join(folder, "a", "3.JPEG"));
  expect(Buffer.from(await source.read(first)).equals(one)).toBe(true);
});

test("class names are sorted by code unit, as Keras does", async () => {
  const folder = await place.write("order", {
    "b/1.png": one,
    "B/1.png": one,
    "ä/1.png": one,
    "a/1.png": one,
  });
  expect((await place.open(folder)).dataset.labels).toEqual(["B", "a", "b", "ä"]);
});

test.each(["validation", "val", "Valid", "DEV"])(
  "train and %s folders are kept as parts, test too",
  async (name) => {
    const folder = await place.write(`parts-${name}`, {
      "Train/a/1.png": one,
      "Train/b/2.png": two,
      [`${name}/a/3.png`]: one,
      [`${name}/b/3.png`]: one,
      "test/b/4.png": two,
      "readme.txt": "about",
    });
    const { dataset } = await place.open(folder);
    expect(dataset.presplit).toBe(true);
    expect(summary(dataset).sort()).toEqual(
      [
        "Train/a/1.png a train",
        "Train/b/2.png b train",
        "test/b/4.png b test",
        `${name}/a/3.png a validation`,
        `${name}/b/3.png b validation`,
      ].sort(),
    );
    expect(dataset.skipped).toEqual([{ path: "readme.txt", reason: "not in a class folder" }]);
  },
);

test("wrapping folders of any depth are passed through, also inside train", async () => {
  const files = {
    "readme.md": "x",
    "docs/a.txt": "x",
    "w/x/train/data/a/1.png": one,
    "w/x/train/data/b/1.png": two,
  };
  const { dataset } = await place.open(await place.write("wrapped", files));
  expect(summary(dataset)).toEqual(["w/x/train/data/a/1.png a train", "w/x/train/data/b/1.png b train"]);
});

test("classes may be called train, test or dev", async () => {
  const folder = await place.write("trains", { "bus/1.png": one, "train/1.png": two, "test/1.png": two });
  const { dataset } = await place.open(folder);
  expect([dataset.labels, dataset.presplit]).toEqual([["bus", "test", "train"], false]);
});

test("a test folder without class folders has no labels, so its files are skipped", async () => {
  const files = { "train/a/1.png": one, "train/b/1.png": two, "test/9.png": one };
  const { dataset } = await place.open(await place.write("flat-test", files));
  expect(dataset.labels).toEqual(["a", "b"]);
  expect(dataset.skipped).toEqual([{ path: "test/9.png", reason: "not in a class folder" }]);
});

test("files are judged by their first bytes, and each is reported with a reason", async () => {
  const folder = await place.write("mixed", {
    "a/1.jpg": one,
    "a/named.txt": two,
    "a/text.jpg": "this is text",
    "a/cut.png": one.subarray(0, one.length / 2),
    "a/empty.png": "",
    "a/iphone.heic": Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1"),
    "a/readme.txt": "about",
    "a/labels.csv": "a,b",
    "a/.hidden.png": one,
    "a/Thumbs.db": one,
    "__MACOSX/a/._1.jpg": "x",
    ".git/config": "x",
    "b/1.png": two,
    "stray.png": one,
  });
  const { dataset } = await place.open(folder);
  expect(summary(dataset)).toEqual(["a/1.jpg a", "a/named.txt a", "b/1.png b"]);
  expect(dataset.skipped).toEqual([
    { path: ".git", reason: "a hidden (dot) file" },
    { path: "__MACOSX", reason: "what macOS adds to archives" },
    { path: "a/.hidden.png", reason: "a hidden (dot) file" },
    { path: "a/Thumbs.db", reason: "a thumbnail cache of Windows" },
    { path: "a/labels.csv", reason: "not an image" },
    { path: "a/readme.txt", reason: "not an image" },
    { path: "stray.png", reason: "not in a class folder" },
  ]);
  expect(dataset.broken.map(({ path, code }) => `${path} ${code}`)).toEqual([
    "a/cut.png corrupt",
    "a/empty.png bad-input",
    "a/iphone.heic bad-input",
    "a/text.jpg bad-input",
  ]);
  expect(dataset.broken[3]?.reason).toContain("not an image");
  expect(dataset.broken[2]?.reason).toContain("Convert it to JPEG");
});

test("links inside the folder are followed; those that leave it, lead nowhere or loop are skipped", async () => {
  const outside = await place.write("outside", { "secret.png": one });
  const folder = await place.write("links", { "a/1.png": one, "b/1.png": two });
  await symlink(join(outside, "secret.png"), join(folder, "a", "out.png"));
  await symlink(outside, join(folder, "a", "out"));
  await symlink(join(folder, "a", "1.png"), join(folder, "b", "in.png"));
  await symlink(folder, join(folder, "b", "loop"));
  await symlink("self", join(folder, "b", "self"));
  await symlink("gone", join(folder, "b", "absent"));
  const { dataset } = await place.open(folder);
  expect(summary(dataset)).toEqual(["a/1.png a", "b/1.png b", "b/in.png b"]);
  expect(dataset.skipped).toEqual([
    { path: "a/out", reason: "a link that leads out of the folder" },
    { path: "a/out.png", reason: "a link that leads out of the folder" },
    { path: "b/absent", reason: "a link that leads nowhere" },
    { path: "b/loop", reason: "a link to a folder that graft has already read" },
    { path: "b/self", reason: "a link that leads to itself" },
  ]);
});

test("groupPrefix puts images of one clip together, in whatever class", async () => {
  const files = { "a/clip3_0001.png": one, "b/clip3_0002.png": two, "b/sofa.png": two };
  const { dataset } = await place.open(await place.write("clips", files), { groupPrefix: true });
  expect(dataset.images.map(({ group }) => group)).toEqual(["clip3", "clip3", undefined]);
});

test("a path that does not exist is not-found and names what may be given", async () => {
  const error = place.open(place.path("absent"));
  await expect(error).rejects.toMatchObject({ code: "not-found" });
  await expect(error).rejects.toThrow(/emoji, cats-and-dogs/);
});

test.each([
  ["an empty folder", { ".": null }, /no class folder/],
  ["images without class folders", { "1.png": "x", "2.png": "x" }, /no class folder/],
  ["one class", { "cats/1.png": "image" }, /one class folder, "cats"/],
  [
    "a class whose only file is text named .jpg",
    { "cats/1.png": "image", "birds/1.jpg": "text" },
    /no usable image of "birds"/,
  ],
  ["an empty class folder", { "cats/1.png": "image", birds: null }, /no usable image of "birds"/],
  [
    "a class with validation images only broken in train",
    { "train/a/1.png": "image", "train/b/1.png": "text", "val/b/1.png": "image" },
    /no usable image of "b" to train on/,
  ],
  [
    "a validation class that train lacks",
    { "train/cats/1.png": "image", "train/dogs/1.png": "image", "val/Cats/1.png": "image" },
    /classes that its training folder lacks: val\/Cats\//,
  ],
])("%s is refused with the expected tree beside the found one", async (name, files, message) => {
  const contents = Object.fromEntries(
    Object.entries(files).map(([path, content]) => [path, content === "image" ? one : content]),
  );
  const folder = await place.write(name, contents);
  const error: unknown = await place.open(folder).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "bad-input" });
  expect(String(error)).toMatch(message);
  expect(String(error)).toMatch(/Expected +Found/);
  expect(String(error)).toMatch(/pets\/ +/);
});

test("the drawn tree is short, whatever was found", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`group${at}/x/y/z/w/1.txt`, "text"]),
  );
  const error: unknown = await place
    .open(await place.write("large", files))
    .catch((caught: unknown) => caught);
  expect(String(error).split("\n").length).toBeLessThan(40);
});

test("an aborted signal stops as cancelled; a changed file is corrupt when it is read", async () => {
  const folder = await place.write("changing", { "a/1.png": one, "b/1.png": two });
  await expect(place.open(folder, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: "cancelled",
  });
  const { dataset, source } = await place.open(folder);
  const [a, b] = dataset.images;
  if (a === undefined || b === undefined) throw new Error("images are missing");
  await place.write("changing", { "a/1.png": two });
  await expect(source.read(a)).rejects.toMatchObject({ code: "corrupt" });
  await expect(source.read({ ...b, path: "b/9.png" })).rejects.toMatchObject({ code: "not-found" });
});

const photos = sharedPath("data", "cats-dogs");
test.skipIf(photos === undefined)(
  "600 real photos: all are taken, in their given parts (needs ../shared)",
  async () => {
    const progress: number[] = [];
    const { dataset } = await place.open(photos ?? "", {
      onProgress: ({ done, total, unit }) => {
        expect([unit, total]).toEqual(["images", 600]);
        progress.push(done);
      },
    });
    expect(dataset.labels).toEqual(["cats", "dogs"]);
    expect(dataset.images.filter(({ part }) => part === "train")).toHaveLength(400);
    expect(dataset.images.filter(({ part }) => part === "validation")).toHaveLength(200);
    expect([dataset.broken, dataset.skipped, dataset.notes]).toEqual([[], [], []]);
    expect(progress).toEqual(Array.from({ length: 600 }, (_, at) => at + 1));
  },
);
