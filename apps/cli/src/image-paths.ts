import { stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { CoreError } from "@graft/core";
import { glob, isDynamicPattern } from "tinyglobby";

const IMAGE_FILES = "**/*.{jpg,jpeg,jpe,jfif,png,webp,gif,bmp,tif,tiff,avif,heic,heif}";

/**
 * Files as they are, the images in folders at any depth, and what patterns match, in the order given and sorted
 * within each (shells on Windows expand no patterns, and quoted ones reach us everywhere).
 * @throws CoreError `not-found` for a path or pattern that gives nothing.
 */
export async function imagePaths(words: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const word of words) found.push(...(await expand(word)));
  return [...new Set(found)];
}

async function expand(word: string): Promise<string[]> {
  const facts = await stat(word).catch(() => undefined);
  if (facts?.isFile()) return [word];
  const options = { caseSensitiveMatch: false, dot: false, onlyFiles: true };
  const paths = facts?.isDirectory()
    ? (await glob(IMAGE_FILES, { ...options, cwd: word })).map((path) => join(word, path))
    : isDynamicPattern(word)
      ? await glob(word.replaceAll("\\", "/"), { ...options, absolute: isAbsolute(word) })
      : [];
  if (paths.length > 0) return paths.sort();
  throw new CoreError("not-found", {
    what: facts ? "No image in that folder." : "No such image.",
    received: word,
    expected: "an image file, a folder of images, or a pattern such as 'photos/*.jpg'",
  });
}
