import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { exampleImage } from "./train-summary.ts";

const home = resolve("home");

it.each([
  [
    "an image of a folder as it is",
    join(resolve("photos"), "cats", "1.jpg"),
    join(resolve("photos"), "cats", "1.jpg"),
  ],
  ["an image below the home", join(home, "photos", "1.jpg"), join(home, "photos", "1.jpg")],
  [
    "no opaque file of an unpacked archive",
    join(home, "cache", "archives", "abc", "files", "21"),
    "photo.jpg",
  ],
  ["a word to replace when there is none", undefined, "IMAGE"],
])("suggests %s", (_, path, expected) => {
  expect(exampleImage(path, home)).toBe(expected);
});
