import { readdir, realpath } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { CoreError, isNamedLikeImage } from "@graft/core";
import { placeOnDisk } from "./place-on-disk.ts";

/** Whose folders pictures must not be written into. */
export interface GivenImages {
  /** What was typed: files, folders, patterns. */
  readonly words: readonly string[];
  /** The files that these stand for. */
  readonly paths: readonly string[];
  /** The model's classes, by which a folder of a class is known. */
  readonly labels: readonly string[];
  /** Folder of the data set that the model was trained on, where that is known. */
  readonly trainedOn: string | undefined;
}

/**
 * Holds pictures that are written (`--heatmap`) out of the folders of images that were given, where the next training would
 * take them for images of a class. Of a folder that was given: out of it and all below; of a file that was given: out of its
 * own folder; where one of these is named after a class: out of that class, and with other classes beside it out of the whole
 * data set; out of a folder that holds other pictures or is named after a class; and out of the one that the model was trained on.
 * @throws CoreError `conflict`.
 */
export async function checkOutsideImages(folder: string, given: GivenImages): Promise<void> {
  const place = await placeOnDisk(folder);
  const { words, paths, labels, trainedOn } = given;
  for (const word of words)
    if (await place.isIn(word)) throw refusal(folder, word, "a folder whose images were given");
  for (const own of new Set([...words, ...paths.map((path) => dirname(path))])) {
    if (await place.is(own)) throw refusal(folder, own, "a folder whose images were given");
    const root = await rootOfClass(own, labels);
    if (root !== undefined && (await place.isIn(root)))
      throw refusal(folder, root, "a folder of images by classes");
  }
  if (trainedOn !== undefined && (await place.isIn(trainedOn)))
    throw refusal(folder, trainedOn, "the data set that the model was trained on");
  if (labels.includes(basename(resolve(folder))) || (await holdsOtherPictures(folder)))
    throw refusal(folder, folder, "a folder of images, or is named like a class");
}

/** Whether pictures lie there that are no heat maps. */
async function holdsOtherPictures(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  return names.some((name) => isNamedLikeImage(name) && !/\.heatmap(-\d+)?\.png$/.test(name));
}

/** Of a folder that is named after a class: the folder above, when another class lies there, else itself. */
async function rootOfClass(folder: string, labels: readonly string[]): Promise<string | undefined> {
  const own = await realpath(folder).catch(() => resolve(folder));
  if (!labels.includes(basename(own))) return undefined;
  const names = await readdir(dirname(own)).catch(() => []);
  return names.filter((name) => labels.includes(name)).length > 1 ? dirname(own) : own;
}

function refusal(folder: string, inside: string, what: string): CoreError {
  return new CoreError("conflict", {
    what: `--heatmap is in ${what}, where its pictures would look like images of a class.`,
    received: resolve(folder),
    expected: `a folder outside ${resolve(inside)}`,
    fix: "Choose another folder.",
  });
}
