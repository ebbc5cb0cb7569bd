import { open } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { CoreError, throwIfCancelled } from "../errors.ts";
import type { InspectedFile } from "../image/pool-messages.ts";
import { imageFormat } from "../image/sniff.ts";
import { forEachBounded } from "./for-each-bounded.ts";
import { isNamedLikeImage } from "./junk.ts";
import { findLayout, type Layout, layoutError } from "./layout.ts";
import { byCodeUnit, type ListedFile, type Listing } from "./listing.ts";
import type { BrokenFile, Dataset, DatasetImage, SkippedFile } from "./types.ts";
import { reasonOf } from "./walk-node.ts";

export interface ScanOptions {
  readonly source: string;
  readonly inspect: (path: string) => Promise<InspectedFile>;
  /** `DatasetImage.group` by path. */
  readonly groupOf?: ((path: string) => string | undefined) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?:
    | ((progress: { readonly done: number; readonly total: number; readonly unit: "images" }) => void)
    | undefined;
}

/** Enough to know every format by (an SVG's first tag may come late); a video is never read whole. */
const HEAD_BYTES = 4096;
/** Files looked at together, for each core: the pool never waits for us, and few files are open. */
const AT_ONCE_PER_CORE = 4;

type Judgement =
  | { readonly type: "taken"; readonly file: InspectedFile }
  | { readonly type: "skipped"; readonly reason: string }
  | { readonly type: "broken"; readonly code: string; readonly reason: string };

async function readHead(location: string): Promise<Uint8Array> {
  const file = await open(location);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function judge({ path, location }: ListedFile, inspect: ScanOptions["inspect"]): Promise<Judgement> {
  let head: Uint8Array;
  try {
    head = await readHead(location);
  } catch (error) {
    return { type: "broken", code: "bad-input", reason: `The file ${reasonOf(error)}.` };
  }
  try {
    imageFormat(head);
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    const isMeantAsImage = isNamedLikeImage(path) || error.facts.format !== undefined;
    if (isMeantAsImage) return { type: "broken", code: error.code, reason: error.message };
    return { type: "skipped", reason: head.length === 0 ? "an empty file" : "not an image" };
  }
  try {
    return { type: "taken", file: await inspect(location) };
  } catch (error) {
    if (!(error instanceof CoreError) || error.code === "cancelled") throw error;
    return { type: "broken", code: error.code, reason: error.message };
  }
}

/** Every class needs an image to learn from: in train where there is one, else anywhere. */
function checkUsable(source: string, layout: Layout, dataset: Dataset): void {
  const hasTrain = dataset.presplit && [...layout.placed.values()].some(({ part }) => part === "train");
  const learned = dataset.images.filter(({ part }) => !hasTrain || part === "train");
  const empty = dataset.labels.filter((_, label) => !learned.some((image) => image.label === label));
  if (empty.length === 0) return;
  const names = empty.map((label) => `"${label}"`).join(", ");
  const example = dataset.broken.find(({ path }) => empty.includes(layout.placed.get(path)?.label ?? ""));
  const why = example === undefined ? "" : ` For example ${example.path}: ${example.reason}`;
  const where = hasTrain ? " to train on" : "";
  throw layoutError(source, `${source} has no usable image${where} of ${names}.${why}`, layout.tree);
}

/**
 * Looks at every listed file and makes the data set of those that are usable images in class folders.
 * @returns the data set, and where each image's bytes are, by its path.
 * @throws CoreError `bad-input` for a layout that can not be trained on, `cancelled`.
 */
export async function scanListing(
  listing: Listing,
  options: ScanOptions,
): Promise<{ readonly dataset: Dataset; readonly locations: ReadonlyMap<string, string> }> {
  const { source, inspect, groupOf, signal, onProgress } = options;
  const layout = findLayout(source, listing);
  const files = listing.files.flatMap((file) => {
    const place = layout.placed.get(file.path);
    return place === undefined ? [] : [{ ...file, ...place }];
  });
  const images: DatasetImage[] = [];
  const skipped: SkippedFile[] = [...listing.skipped, ...layout.skipped];
  const broken: BrokenFile[] = [...listing.broken];
  const locations = new Map<string, string>();
  let done = 0;
  await forEachBounded(files, availableParallelism() * AT_ONCE_PER_CORE, async (file) => {
    throwIfCancelled(signal);
    const { path, label, part } = file;
    const judgement = await judge(file, inspect);
    if (judgement.type === "skipped") skipped.push({ path, reason: judgement.reason });
    else if (judgement.type === "broken")
      broken.push({ path, code: judgement.code, reason: judgement.reason });
    else {
      const group = groupOf?.(path);
      images.push({
        path,
        ...judgement.file,
        label: layout.labels.indexOf(label),
        ...(part === undefined ? {} : { part }),
        ...(group === undefined ? {} : { group }),
      });
      locations.set(path, file.location);
    }
    done++;
    onProgress?.({ done, total: files.length, unit: "images" });
  });
  const byPath = (a: { path: string }, b: { path: string }): number => byCodeUnit(a.path, b.path);
  const dataset: Dataset = {
    source,
    labels: layout.labels,
    images: images.sort(byPath),
    skipped: skipped.sort(byPath),
    broken: broken.sort(byPath),
    presplit: layout.presplit,
  };
  checkUsable(source, layout, dataset);
  return { dataset, locations };
}
