import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { download } from "../download/download-node.ts";
import type { Fetch, Waiting } from "../download/types.ts";
import { CoreError } from "../errors.ts";
import { packageFolder } from "../files/package-folder-node.ts";
import { isOffline } from "../offline.ts";
import { openArchive } from "./archive-store-node.ts";
import type { Listing } from "./listing.ts";
import type { Dataset } from "./types.ts";
import { walkFolder } from "./walk-node.ts";

export interface KnownSetOptions {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly fetch: Fetch;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of the download, then of the unpacking; `total` is 0 where it is not known. */
  readonly onProgress?:
    | ((progress: { readonly done: number; readonly total: number; readonly waiting?: Waiting }) => void)
    | undefined;
}

/** A data set that is known by name: its files, and what only this set knows. */
export interface KnownSet {
  list(options: KnownSetOptions): Promise<Listing>;
  readonly groupOf?: (path: string) => string | undefined;
  /** @throws CoreError `corrupt` when the scanned set is not the one that the name promises. */
  check?(dataset: Dataset, options: KnownSetOptions): Promise<void>;
}

export const EMOJI_FOLDER = join(packageFolder(import.meta.dirname), "assets", "emoji");

/** Three classes (animal, food, transport), each emoji in two styles; made by scripts/build-emoji.ts. */
const emoji: KnownSet = {
  list({ signal }) {
    if (!existsSync(EMOJI_FOLDER)) {
      const fix = "Run npm run build.";
      throw new CoreError("not-found", { what: `The emoji data set is not built (${EMOJI_FOLDER}).`, fix });
    }
    return walkFolder(EMOJI_FOLDER, { signal });
  },
  // animal/tiger-face-fluent.webp, animal/tiger-face-twemoji.webp: one emoji, on one side of the split
  groupOf: (path) => path.replace(/-[a-z]+\.webp$/, ""),
};

const CATS_AND_DOGS_URL = "https://storage.googleapis.com/mledu-datasets/";
const CATS_AND_DOGS_FILE = "cats_and_dogs_filtered.zip";
/** Where known sets are that were downloaded: they can be downloaded again. */
export const knownSetFiles = (home: string): readonly string[] => [
  join(home, "datasets", CATS_AND_DOGS_FILE),
];
/** The public set's counts, of each class. */
const CATS_AND_DOGS_IMAGES = { train: 1000, validation: 500 } as const;

/**
 * The photos of the course notebook (2000 to train on, 1000 to validate with; from Kaggle's Dogs vs. Cats).
 * No checksum of the archive is published, so it is held to what it must be: whole by its own CRCs, classes cats and
 * dogs in train and validation, and, from the public address, the public number of images.
 */
const catsAndDogs: KnownSet = {
  async list({ home, env, fetch, signal, onProgress }) {
    const path = join(home, "datasets", CATS_AND_DOGS_FILE);
    if (!existsSync(path)) {
      if (isOffline(env)) {
        const what = "cats-and-dogs has not been downloaded, and GRAFT_OFFLINE forbids the network.";
        const fix = `Unset GRAFT_OFFLINE, or save ${CATS_AND_DOGS_FILE} as ${path}.`;
        throw new CoreError("offline", { what, fix });
      }
      await download({
        url: new URL(CATS_AND_DOGS_FILE, withSlash(env.GRAFT_DATASETS_MIRROR || CATS_AND_DOGS_URL)).href,
        target: path,
        fetch,
        signal,
        onProgress: ({ total = 0, ...progress }) => onProgress?.({ ...progress, total }),
      });
    }
    try {
      return await openArchive({ path, kind: "zip" }, home, { signal, onProgress });
    } catch (error) {
      const isBad = error instanceof CoreError && ["corrupt", "limit", "unsupported"].includes(error.code);
      // a bad file is not kept: the next try fetches it anew, where it may
      if (!isBad || isOffline(env)) throw error;
      await rm(path, { force: true });
      const what = `${error.message} It was removed; the next try downloads it again.`;
      throw new CoreError(error.code, { what }, { cause: error, facts: error.facts });
    }
  },
  async check(dataset, { home, env }) {
    const isMirrored = Boolean(env.GRAFT_DATASETS_MIRROR);
    const counts = (["train", "validation"] as const).flatMap((part) =>
      ["cats", "dogs"].map((label) => ({
        name: `${part}/${label}`,
        found: dataset.images.filter((image) => image.part === part && dataset.labels[image.label] === label)
          .length,
        expected: CATS_AND_DOGS_IMAGES[part],
      })),
    );
    // a mirror may hold a part of the set, its owner answers for that; classes and parts must be there
    const isRight = ({ found, expected }: { found: number; expected: number }): boolean =>
      isMirrored ? found > 0 : found === expected;
    if (dataset.labels.join() === "cats,dogs" && counts.every(isRight)) return;
    await rm(join(home, "datasets", CATS_AND_DOGS_FILE), { force: true });
    const received = counts.map(({ name, found }) => `${name} ${found}`).join(", ");
    const expected = counts.map(({ name, expected: count }) => `${name} ${count}`).join(", ");
    const what = "The downloaded cats-and-dogs is not the public set; it was removed.";
    const fix = "Try again; if this happens again, download it by hand and give graft the file.";
    throw new CoreError("corrupt", { what, received, expected, fix });
  },
};

const withSlash = (url: string): string => (url.endsWith("/") ? url : `${url}/`);

export const KNOWN_SETS: ReadonlyMap<string, KnownSet> = new Map([
  ["emoji", emoji],
  ["cats-and-dogs", catsAndDogs],
]);

/** What `openDataset` takes by name. */
export const KNOWN_SET_NAMES: readonly string[] = [...KNOWN_SETS.keys()];
