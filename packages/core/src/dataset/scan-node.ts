import { availableParallelism } from "node:os";
import { CoreError, throwIfCancelled } from "../errors.ts";
import type { InspectedFile } from "../image/pool-messages.ts";
import { nameFew } from "../name-few.ts";
import { visibleText } from "../visible-text.ts";
import { forEachBounded } from "./for-each-bounded.ts";
import { findLayout, type Layout, layoutError } from "./layout.ts";
import { byCodeUnit, type ListedFile, type Listing } from "./listing.ts";
import { type Sniffed, sniffFile } from "./sniff-file-node.ts";
import type { BrokenFile, Dataset, DatasetImage, SkippedFile } from "./types.ts";

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

/** Files looked at together, for each core: the pool never waits for us, and few files are open. */
const AT_ONCE_PER_CORE = 4;

type Judgement =
  | { readonly type: "taken"; readonly file: InspectedFile }
  | Exclude<Sniffed, { type: "image" }>;

async function judge(listed: ListedFile, inspect: ScanOptions["inspect"]): Promise<Judgement> {
  const sniffed = await sniffFile(listed);
  if (sniffed.type !== "image") return sniffed;
  try {
    return { type: "taken", file: await inspect(listed.location) };
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
  const names = nameFew(empty.map((label) => `"${label}"`));
  const example = dataset.broken.find(({ path }) => empty.includes(layout.labelOf(path) ?? ""));
  const why = example === undefined ? "" : ` For example ${visibleText(example.path)}: ${example.reason}`;
  const where = hasTrain ? " to train on" : "";
  throw layoutError(
    source,
    `${visibleText(source)} has no usable image${where} of ${names}.${why}`,
    layout.tree,
  );
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
  const skipped: SkippedFile[] = [
    ...listing.skipped,
    ...listing.passed.filter(({ path }) => layout.placed.has(path)),
    ...layout.skipped,
  ];
  const broken: BrokenFile[] = [...listing.broken, ...listing.closed];
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
