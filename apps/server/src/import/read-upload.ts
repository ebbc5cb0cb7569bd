import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { byCodeUnit, CoreError, type Dataset, type ImagePool } from "@graft/core";
import { nodeFetch, openDataset, openFiles } from "@graft/core/node";
import { LookJournal, thumbnailPath } from "./look-journal.ts";
import { Looker } from "./looker.ts";
import type { Found, ListedUpload, News, Reading, Understood } from "./messages.ts";
import { understand } from "./understand.ts";

/** Pictures that are told at once. */
const PAGE = 200;
/** Files that are named to people, of each kind. */
const NAMED = 100;

export interface ReadOptions {
  readonly pool: ImagePool;
  readonly tell: (news: News) => void;
  /** Tells a page and waits until it is taken in. */
  readonly tellPage: (found: readonly Found[]) => Promise<void>;
}

/** A data set that was opened, and where its files are. */
interface Opened extends AsyncDisposable {
  readonly dataset: Dataset;
  readonly isUnsorted: boolean;
  /** Of images and broken files; undefined for what has no bytes of its own (a name that is no text). */
  readonly locationOf: (path: string) => string | undefined;
  /** Class of a broken file. */
  readonly labelOf: (path: string) => string | undefined;
}

async function openUpload(
  files: readonly ListedUpload[],
  reading: Reading,
  { looker, tell }: { readonly looker: Looker; readonly tell: ReadOptions["tell"] },
): Promise<Opened> {
  const opened = await openFiles(files, {
    ...{ source: reading.source, home: reading.home },
    onProgress: (progress) => tell({ type: "progress", phase: "unpacking", ...progress }),
  });
  const listed = new Map(opened.files.map(({ path, location }) => [path, location]));
  const here = new Set(listed.values());
  for (const location of reading.alone)
    if (here.has(location)) await looker.look(location).catch((error: unknown) => passOver(error));
  const { dataset, locations, labelOf, isUnsorted } = await understand(opened, reading, {
    inspect: (location) => looker.look(location),
    onProgress: ({ done, total }) => tell({ type: "progress", phase: "looking", done, total }),
  });
  return {
    ...{ dataset, isUnsorted, labelOf },
    locationOf: (path) => locations.get(path) ?? listed.get(path),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

/** Of a file that is looked at once more in its turn. */
function passOver(error: unknown): void {
  if (!(error instanceof CoreError)) throw error;
}

/** A set that graft knows: its files come into the reading's folder, where alone the server takes files from. */
async function openKnown(
  name: string,
  { home, folder }: Reading,
  { looker, tell }: { readonly looker: Looker; readonly tell: ReadOptions["tell"] },
): Promise<Opened> {
  const { dataset, source } = await openDataset(name, {
    ...{ home, env: process.env, fetch: nodeFetch(process.env) },
    inspect: (location) => looker.look(location),
    onProgress: ({ done, total, unit }) =>
      tell({ type: "progress", phase: unit === "bytes" ? "unpacking" : "looking", done, total }),
  });
  const copies = join(folder, "known");
  await mkdir(copies, { recursive: true });
  const locations = new Map<string, string>();
  for (const image of dataset.images) {
    const copy = join(copies, image.hash);
    if (!existsSync(copy)) await copyFile(source.pathOf(image), copy);
    locations.set(image.path, copy);
  }
  return {
    ...{ dataset, isUnsorted: false, labelOf: () => undefined },
    locationOf: (path) => locations.get(path),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

async function hashOf(location: string): Promise<Pick<Found, "hash" | "bytes">> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(location)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { hash: hash.digest("hex"), bytes };
}

const withReason = (
  files: readonly { readonly path: string; readonly reason: string }[],
): Understood["skipped"] => ({
  count: files.length,
  first: files.slice(0, NAMED).map(({ path, reason }) => ({ path, reason })),
});

/** What should be known of how the files were taken. */
function notesOf({ dataset, isUnsorted }: Opened, { isOneClass, classes }: Reading): Understood["notes"] {
  const notes = dataset.notes.map(({ code, message }) => ({ code, message }));
  const { images, labels } = dataset;
  if (isOneClass || images.length === 0) return notes;
  const pictures = images.length === 1 ? "1 picture is" : `${images.length} pictures are`;
  if (isUnsorted) return [...notes, { code: "unsorted", message: `${pictures} in no class yet: sort them` }];
  const [only] = labels;
  if (new Set([...classes, ...labels]).size > 1 || only === undefined) return notes;
  return [...notes, { code: "one-class", message: `${only} is the only class: a second one is needed` }];
}

/**
 * Reads an upload: tells how it was understood, then its pictures in pages, by path.
 * @throws CoreError `bad-input`, `limit`, `corrupt`, `unsupported` for what is refused as a whole.
 */
export async function readUpload(
  files: readonly ListedUpload[],
  reading: Reading,
  { pool, tell, tellPage }: ReadOptions,
): Promise<void> {
  const looker = new Looker({
    ...{ pool, journal: new LookJournal(reading.folder), lost: reading.lost },
    onBegun: (location) => tell({ type: "begun", location }),
    onEnded: (location) => tell({ type: "ended", location }),
  });
  const parts = { looker, tell };
  await using opened =
    reading.known === null
      ? await openUpload(files, reading, parts)
      : await openKnown(reading.known, reading, parts);
  const { dataset, isUnsorted, locationOf, labelOf } = opened;
  const { images, labels, skipped, presplit } = dataset;
  const broken = dataset.broken.filter(({ path }) => locationOf(path) !== undefined);
  const isGiven = presplit && images.some(({ part }) => part === "validation");
  tell({
    type: "understood",
    understood: {
      ...{ labels: isUnsorted ? [] : [...labels], isGiven, notes: notesOf(opened, reading) },
      ...{ skipped: withReason(skipped), broken: withReason(dataset.broken) },
      total: images.length + broken.length,
    },
  });
  const all = [
    ...images.map((image) => ({ path: image.path, image, reason: null })),
    ...broken.map(({ path, reason }) => ({ path, image: undefined, reason })),
  ].sort((a, b) => byCodeUnit(a.path, b.path));
  for (let start = 0; start < all.length; start += PAGE) {
    const found: Found[] = [];
    for (const { path, image, reason } of all.slice(start, start + PAGE)) {
      const location = locationOf(path) ?? "";
      const label = image === undefined ? labelOf(path) : labels[image.label];
      const { hash, bytes } = image ?? (await hashOf(location));
      // without a validation folder its share is drawn of train
      const part = image?.part === "train" && !isGiven ? undefined : image?.part;
      found.push({
        ...{ path, location, hash, bytes, reason, label: isUnsorted ? null : (label ?? null) },
        ...{ group: image?.group ?? null, part: part ?? null, facts: image?.facts ?? null },
        hasThumbnail: image !== undefined && existsSync(thumbnailPath(reading.folder, hash)),
      });
    }
    await tellPage(found);
    tell({
      type: "progress",
      phase: "taking-in",
      done: Math.min(start + PAGE, all.length),
      total: all.length,
    });
  }
}
