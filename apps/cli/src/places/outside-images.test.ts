import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkOutsideImages } from "./outside-images.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "graft-outside-images-"));
  for (const folder of ["set/cats/deep", "set/dogs", "alone/cats", "photos"])
    await mkdir(join(root, folder), { recursive: true });
  for (const path of ["set/cats/1.jpg", "alone/cats/1.jpg", "photos/1.jpg"])
    await writeFile(join(root, path), "");
  await symlink(join(root, "set", "cats"), join(root, "link"), "junction");
});
afterAll(() => rm(root, { recursive: true, force: true }));

const at = (path: string): string => join(root, path);
const checked = (folder: string, word: string, trainedOn?: string) =>
  checkOutsideImages(at(folder), {
    words: [at(word)],
    paths: word.endsWith(".jpg") ? [at(word)] : [at(word), "1.jpg"].map((path) => join(path, "1.jpg")),
    labels: ["cats", "dogs"],
    trainedOn: trainedOn === undefined ? undefined : at(trainedOn),
  });

it.each([
  ["the folder that was given", "set/cats", "set/cats"],
  ["a folder in it, yet to be made", "set/maps/a", "set"],
  ["the same by a link", "link", "set/cats"],
  ["one whose images were given by a link", "set/cats/deep", "link"],
  ["the folder of an image that was given", "photos", "photos/1.jpg"],
  ["the class of an image that was given", "alone/cats/maps", "alone/cats/1.jpg"],
  ["another class of the data set", "set/dogs", "set/cats"],
  ["what would be a new class of it", "set/maps", "set/cats/1.jpg"],
  ["a folder that is called as a class", "elsewhere/dogs", "photos/1.jpg"],
  ["a folder that holds other pictures", "photos", "alone/cats"],
])("refuses pictures in %s", async (_, folder, word) => {
  await expect(checked(folder, word)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringMatching(/^--heatmap is in a .*Received: .*Expected: a folder outside .*Choose/),
  });
});

it("refuses pictures in the data set that the model was trained on, whatever was given", async () => {
  await expect(checked("set/dogs", "photos/1.jpg", "set")).rejects.toThrow(
    /in the data set that the model was trained on/,
  );
});

it.each([
  ["beside the images", "maps", "photos"],
  ["beside the data set", "maps", "set/cats"],
  ["with a name that only begins like it", "photos-maps", "photos"],
  ["below the folder of one image, which is no class", "photos/maps", "photos/1.jpg"],
  ["beside a class that is alone", "alone/maps", "alone/cats"],
])("takes a folder %s", async (_, folder, word) => {
  await checked(folder, word, "elsewhere");
});
