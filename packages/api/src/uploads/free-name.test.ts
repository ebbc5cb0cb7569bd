import { expect, test } from "vitest";
import { numberedName } from "./free-name.ts";

test.each([
  ["cats/1.jpg", "cats/1 (2).jpg"],
  ["cats.v2/photo", "cats.v2/photo (2)"],
  ["photo.tar.gz", "photo.tar (2).gz"],
  [".hidden", ".hidden (2)"],
  ["a/.hidden", "a/.hidden (2)"],
])("%s becomes %s", (path, numbered) => {
  expect(numberedName(path, 2)).toBe(numbered);
});
