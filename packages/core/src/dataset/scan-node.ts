import { availableParallelism } from "node:os";
import { byCodeUnit } from "../by-code-unit.ts";
import { inParallel } from "../concurrency/in-parallel.ts";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { isOfOneFile } from "../files/one-file-error.ts";
import type { InspectedFile } from "../image/pool.ts";
import { readingNotes } from "../image/readings.ts";
import { nameFew } from "../name-few.ts";
import { visibleText } from "../visible-text.ts";
import { prefixGroups } from "./group-prefix.ts";
import { groupBy } from "./groups.ts";
import { labelsAlikeNotes } from "./labels-alike.ts";
import { findLayout, type Layout, type LayoutOptions } from "./layout/find-layout.ts";
import { folderTree } from "./layout/folder-tree.ts";
import { layoutError } from "./layout/refuse.ts";
import type { ListedFile, Listing } from "./listing.ts";
import { passedOverNotes } from "./passed-over.ts";
import { type Sniffed, sniffFile } from "./sniff-file-node.ts";
import { copyGroups } from "./source-group.ts";
import type { BrokenFile, Dataset, DatasetImage, DatasetNote, SkippedFile } from "./types.ts";
import { checkNotVanishing } from "./vanished-files.ts";

export interface ScanOptions {
  readonly source: string;
  readonly inspect: (path: string) => Promise<InspectedFile>;
  /** How the layout is to be understood. */
  readonly layout?: LayoutOptions | undefined;
  /** The class of every image, whatever folders and names say; one that has no usable image is none the worse. */
  readonly label?: string | undefined;
  /** `DatasetImage.group` by path, where the set itself knows it. */
  readonly groupOf?: ((path: string) => string | undefined) | undefined;
  /** Images that are numbered alike belong together. @default false */
  readonly groupPrefix?: boolean | undefined;
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
    if (!isOfOneFile(error)) throw error;
    return { type: "broken", code: error.code, reason: error.message };
  }
}

/** Why these files are not used: the most frequent reason, with an example. */
function commonReason(files: readonly SkippedFile[]): string {
  // the values that one file has are another's
  const kinds = groupBy(files, ({ reason }) => reason.replace(/ Received: .*$/s, ""));
  const [most] = [...kinds.values()].sort((a, b) => b.length - a.length);
  const [example] = most ?? [];
  if (most === undefined || example === undefined) return "";
  const path = visibleText(example.path);
  return most.length === 1
    ? ` For example ${path}: ${example.reason.replace(/[^.]$/, "$&.")}`
    : ` ${most.length} files, such as ${path}: ${example.reason.replace(/[^.]$/, "$&.")}`;
}

/** Every class needs an image to learn from: in train where there is one, else anywhere; a model is scored on any. */
function checkUsable(
  source: string,
  layout: Layout,
  dataset: Dataset,
  purpose: LayoutOptions["purpose"],
): void {
  const hasTrain = dataset.presplit && [...layout.placed.values()].some(({ part }) => part === "train");
  const learned = dataset.images.filter(({ part }) => !hasTrain || part === "train");
  const known = new Set(learned.map(({ label }) => label));
  const empty = new Set(dataset.labels.filter((_, label) => !known.has(label)));
  if (empty.size === 0 || (purpose === "score" && known.size > 0)) return;
  const names = nameFew([...empty].map((label) => `"${label}"`));
  const inEmpty = [...dataset.broken, ...dataset.skipped].filter(({ path }) =>
    empty.has(layout.labelOf(path) ?? ""),
  );
  const where = hasTrain ? " to train on" : "";
  const what = `${visibleText(source)} has no usable image of ${names}${where}.${commonReason(inEmpty)}`;
  if (known.size > 0 || inEmpty.length === 0) throw layoutError(source, what, { tree: layout.tree });
  const fix = "The folders are fine: replace or convert these files.";
  throw new CoreError("bad-input", { what, fix }, { facts: { source, classes: "unusable" } });
}

const byPath = (a: { readonly path: string }, b: { readonly path: string }): number =>
  byCodeUnit(a.path, b.path);

/** What came of a look at every file that has a class, each list sorted by path. */
interface LookedAt {
  readonly images: readonly DatasetImage[];
  readonly skipped: readonly SkippedFile[];
  readonly broken: readonly BrokenFile[];
  /** Where each image's bytes are, by its path. */
  readonly locations: ReadonlyMap<string, string>;
}

async function lookAtFiles(
  { files: listed }: Listing,
  { placed, labels }: Layout,
  { source, inspect, signal, onProgress }: ScanOptions,
): Promise<LookedAt> {
  const files = listed.flatMap((file) => {
    const place = placed.get(file.path);
    return place === undefined ? [] : [{ ...file, ...place }];
  });
  const labelAt = new Map(labels.map((label, at) => [label, at]));
  const images: DatasetImage[] = [];
  const skipped: SkippedFile[] = [];
  const broken: BrokenFile[] = [];
  const locations = new Map<string, string>();
  let done = 0;
  await inParallel(files, availableParallelism() * AT_ONCE_PER_CORE, async (file) => {
    throwIfCancelled(signal);
    const { path, label, part } = file;
    const judgement = await judge(file, inspect);
    if (judgement.type === "skipped") skipped.push({ path, reason: judgement.reason });
    else if (judgement.type === "broken")
      broken.push({ path, code: judgement.code, reason: judgement.reason });
    else {
      const place = { label: labelAt.get(label) ?? -1, ...(part === undefined ? {} : { part }) };
      images.push({ path, ...judgement.file, ...place });
      locations.set(path, file.location);
    }
    done++;
    onProgress?.({ done, total: files.length, unit: "images" });
  });
  checkNotVanishing(source, broken, files.length);
  return {
    images: images.sort(byPath),
    skipped: skipped.sort(byPath),
    broken: broken.sort(byPath),
    locations,
  };
}

export interface Scanned {
  readonly dataset: Dataset;
  /** Where each image's bytes are, by its path. */
  readonly locations: ReadonlyMap<string, string>;
  /** The class that a file would have, broken ones too. */
  readonly labelOf: (path: string) => string | undefined;
}

/** All that is listed as one class. */
function oneClass({ files, passed, folders }: Listing, label: string): Layout {
  const placed = new Map([...files, ...passed].map(({ path }) => [path, { label }]));
  return {
    ...{ labels: [label], presplit: false, placed, skipped: [], notes: [] },
    labelOf: (path) => placed.get(path)?.label,
    isClassPlace: () => false,
    tree: folderTree({ files, folders }),
  };
}

/**
 * Looks at every listed file and makes the data set of those that are usable images and have a class.
 * @throws CoreError `bad-input` for a layout that cannot be trained on, `unreadable` for trouble of the machine, `cancelled`.
 */
export async function scanListing(listing: Listing, options: ScanOptions): Promise<Scanned> {
  const { source, label } = options;
  const layout =
    label === undefined ? await findLayout(source, listing, options.layout) : oneClass(listing, label);
  const { images, locations, ...looked } = await lookAtFiles(listing, layout, options);
  const passed = listing.passed.filter(({ path }) => layout.placed.has(path));
  // of what the layout leaves out it tells itself
  const passedOver = [...listing.skipped, ...passed, ...looked.skipped].sort(byPath);
  const { groupOf, notes: groupNotes } = groupsOf(images, layout, options);
  const dataset: Dataset = {
    source,
    labels: layout.labels,
    images: images.map((image) => {
      const group = groupOf(image.path);
      return group === undefined ? image : { ...image, group };
    }),
    skipped: [...passedOver, ...layout.skipped].sort(byPath),
    broken: [...listing.broken, ...listing.closed, ...looked.broken].sort(byPath),
    notes: [
      ...(listing.notes ?? []),
      ...layout.notes,
      ...passedOverNotes(passedOver, layout.isClassPlace),
      ...readingNotes(images).map(({ reading, message }) => ({ code: reading, message })),
      ...labelsAlikeNotes(layout.labels),
      ...groupNotes,
    ],
    presplit: layout.presplit,
  };
  if (label === undefined) checkUsable(source, layout, dataset, options.layout?.purpose);
  return { dataset, locations, labelOf: (path) => layout.labelOf(path) };
}

/** What belongs together: as the set itself says, as `--group-prefix` says, and changed copies of one source. */
function groupsOf(
  images: readonly DatasetImage[],
  layout: Layout,
  { groupOf, groupPrefix = false }: ScanOptions,
): { readonly groupOf: (path: string) => string | undefined; readonly notes: readonly DatasetNote[] } {
  if (groupOf !== undefined) return { groupOf, notes: [] };
  const paths = images.map(({ path }) => path);
  const copies = copyGroups(paths, (path) => layout.placed.get(path)?.label ?? "");
  const prefix = groupPrefix ? prefixGroups(paths) : undefined;
  return {
    groupOf: (path) => copies.get(path) ?? prefix?.groupOf(path),
    notes: prefix?.notes ?? [],
  };
}
