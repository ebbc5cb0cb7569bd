import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, resolve } from "node:path";
import { byCodeUnit } from "../by-code-unit.ts";
import { inParallel } from "../concurrency/in-parallel.ts";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { isOfOneFile } from "../files/one-file-error.ts";
import { readingNotes } from "../image/readings.ts";
import { visibleText } from "../visible-text.ts";
import { archiveStem } from "./archive-kind.ts";
import { type FoundImages, findImages } from "./find-images-node.ts";
import { KNOWN_SETS } from "./known-sets-node.ts";
import { tableReader } from "./label-files-node.ts";
import { findLayout } from "./layout/find-layout.ts";
import { isTableName } from "./layout/label-table.ts";
import type { OpenDatasetOptions } from "./open-node.ts";
import { passedOverNotes } from "./passed-over.ts";
import { sniffFile } from "./sniff-file-node.ts";
import type { BrokenFile, DatasetImage, DatasetNote } from "./types.ts";

/** Files looked at together, for each core. */
const AT_ONCE_PER_CORE = 4;

/** Images of no class, sorted by path. */
export interface UnlabelledImages {
  /** Their `label` means nothing. */
  readonly images: readonly DatasetImage[];
  readonly broken: readonly BrokenFile[];
  /** What there is to say of how they were read, and of what looks like an image and is none. */
  readonly notes: readonly DatasetNote[];
  /** They lie in several folders, which are not clearly classes: why, `openDataset` says. */
  readonly isUnclear: boolean;
  /** Absolute path. @throws CoreError `not-found` for an image of another place. */
  pathOf(image: DatasetImage): string;
}

/** True for images whose classes the layout says: by folders, names or a table. */
async function isSorted(name: string, { images, listing }: FoundImages): Promise<boolean> {
  const files = [...images, ...listing.files.filter(({ path }) => isTableName(path))];
  const found = { ...listing, files, passed: [], folders: [], closed: [] };
  try {
    await findLayout(name, found, { tables: tableReader(found, undefined) });
    return true;
  } catch (error) {
    if (error instanceof CoreError && error.code === "bad-input") return false;
    throw error;
  }
}

/** What is there, or undefined for what is a data set or nothing at all. @throws CoreError `bad-input`. */
async function findIn(
  name: string,
  signal: AbortSignal | undefined,
): Promise<Pick<FoundImages, "images" | "broken" | "skipped"> | undefined> {
  const location = resolve(name);
  const facts = KNOWN_SETS.has(name) ? undefined : await stat(location).catch(() => undefined);
  if (facts?.isDirectory()) {
    const found = await findImages(location, signal);
    // archives without an image beside them are read as folders, see expandArchives
    const isOfArchives = found.images.length === 0 && found.skipped.some(({ path }) => archiveStem(path));
    return isOfArchives || (await isSorted(name, found)) ? undefined : found;
  }
  if (!facts?.isFile()) return undefined;
  const file = { path: basename(location), location };
  const sniffed = await sniffFile(file);
  if (sniffed.type === "skipped") return undefined;
  const [images, broken] =
    sniffed.type === "image"
      ? [[file], []]
      : [[], [{ path: file.path, code: sniffed.code, reason: sniffed.reason }]];
  return { images, broken, skipped: [] };
}

/** True for what {@link openUnlabelled} opens; no image is read for it. */
export const isUnlabelled = async (name: string, signal?: AbortSignal): Promise<boolean> =>
  (await findIn(name, signal)) !== undefined;

function noImage(name: string, [first]: readonly BrokenFile[]): CoreError {
  const why = first ? ` ${visibleText(first.path)}: ${first.reason}` : "";
  return new CoreError("bad-input", {
    what: `${visibleText(name)} holds no usable image.${why}`,
    expected: "an image, a folder of images, or a data set",
  });
}

/**
 * Opens images that are not sorted into classes: a folder of them at any depth, with fewer than two class folders, or one
 * file. A broken file never stops it.
 * @returns undefined for what is not that: a folder of classes, an archive, a known set, a path with nothing there. What
 *   it is instead, `openDataset` says.
 * @throws CoreError `bad-input` without a usable image, `cancelled`.
 */
export async function openUnlabelled(
  name: string,
  options: Pick<OpenDatasetOptions, "inspect" | "signal" | "onProgress">,
): Promise<UnlabelledImages | undefined> {
  const { inspect, signal, onProgress } = options;
  const found = await findIn(name, signal);
  if (!found) return undefined;
  const images: DatasetImage[] = [];
  const broken = [...found.broken];
  const locations = new Map<string, string>();
  let done = 0;
  await inParallel(found.images, availableParallelism() * AT_ONCE_PER_CORE, async ({ path, location }) => {
    throwIfCancelled(signal);
    try {
      images.push({ path, ...(await inspect(location)), label: 0 });
      locations.set(path, location);
    } catch (error) {
      if (!isOfOneFile(error)) throw error;
      broken.push({ path, code: error.code, reason: error.message });
    }
    onProgress?.({ done: ++done, total: found.images.length, unit: "images" });
  });
  const byPath = (a: { path: string }, b: { path: string }): number => byCodeUnit(a.path, b.path);
  broken.sort(byPath);
  if (images.length === 0) throw noImage(name, broken);
  return {
    images: images.sort(byPath),
    broken,
    notes: [
      ...passedOverNotes(found.skipped, () => false),
      ...readingNotes(images).map(({ reading, message }) => ({ code: reading, message })),
    ],
    isUnclear: new Set(images.flatMap(({ path }) => path.split("/").slice(-2, -1))).size > 1,
    pathOf({ path }) {
      const location = locations.get(path);
      if (location !== undefined) return location;
      throw new CoreError("not-found", { what: `${visibleText(path)} is not one of these images.` });
    },
  };
}
