import { FREEABLE_HOST_KINDS, HOST_KINDS } from "../ports/host-storage.ts";
import { BLOB_KINDS } from "../ports/rows.ts";

/** What takes room; "unnamed": blobs that nothing needs any more. */
export const STORAGE_KINDS = [...BLOB_KINDS, "unnamed", ...HOST_KINDS] as const;
export type StorageKind = (typeof STORAGE_KINDS)[number];

/** Those that can be given up, as they can be made or had again, or are left over. */
export const FREEABLE_KINDS = ["old-checkpoint", "export", "unnamed", ...FREEABLE_HOST_KINDS] as const;
export type FreeableKind = (typeof FREEABLE_KINDS)[number];

/** What one kind takes. */
export interface StorageRoom {
  readonly kind: StorageKind;
  readonly bytes: number;
  /** Files, rows of features, runs …; null where nobody counts. */
  readonly count: number | null;
  /** Of the bytes, those that can go now. */
  readonly freeableBytes: number;
}

interface Words {
  readonly what: string;
  /** What comes of it when it is given up; of what is not given up, when it goes. */
  readonly goes: string;
}

/** For people, of each kind. */
const WORDS: Readonly<Record<StorageKind, Words>> = {
  picture: { what: "Pictures of data sets", goes: "They go when pictures or data sets are deleted." },
  thumbnail: { what: "Small pictures for lists", goes: "They go with their pictures." },
  upload: {
    what: "Files of uploads that are on their way",
    goes: "They go when they are taken in. What nobody goes on with goes by itself after a day.",
  },
  model: { what: "Models", goes: "They go when their runs are deleted." },
  checkpoint: {
    what: "Saved points of runs that can be gone on with",
    goes: "They go when the runs are done, cancelled or deleted.",
  },
  "old-checkpoint": {
    what: "Saved points of runs that are done or cancelled",
    goes: "Nothing is lost: nobody can go on from them.",
  },
  export: {
    what: "Models in the formats of other programs",
    goes: "To download one again, it has to be made again first, which takes up to a minute.",
  },
  evaluation: {
    what: "What evaluations found, and lists of the pictures that they look at",
    goes: "They go with their runs, data sets and uploads, and by themselves after 7 days.",
  },
  run: {
    what: "Records of runs: their pictures' lists, answers and settings",
    goes: "They go when the runs are deleted.",
  },
  unnamed: {
    what: "Files that nothing needs any more",
    goes: "Nothing is lost. They go by themselves within two days, too.",
  },
  features: {
    what: "What the network saw in each picture",
    goes: "The next training looks at its pictures again. Tables of features have to be computed again before they can be downloaded.",
  },
  archives: {
    what: "Unpacked archives and known sets",
    goes: "The next use unpacks them again, which takes seconds.",
  },
  "known-sets": {
    what: "Known sets that were downloaded",
    goes: "The next use downloads them again, which needs the internet.",
  },
  weights: {
    what: "Ready-trained networks",
    goes: "The next training with the public one (88 MB) downloads it again, which needs the internet; without it, runs that were begun with it cannot be gone on with. Others stay.",
  },
  rows: {
    what: "The database: data sets, labels, runs and what they told",
    goes: "It grows with them, and nothing of it can be given up by itself.",
  },
  "old-rows": {
    what: "Copies of the database from before an update of graft",
    goes: "The way back to that graft is lost. Keep them until you know that the update went well.",
  },
  engines: { what: "Engines that were installed", goes: "Trainings need them. Remove them by hand." },
  "home-runs": {
    what: "Runs of the command line in the server's home",
    goes: "Delete them with `graft runs delete` on the server's computer.",
  },
  passing: {
    what: "Files on their way in and out",
    goes: "They go when that is done; what was broken off goes within a day.",
  },
};

/** "about 40 s", "about 3 min", "about 2 h" */
function about(seconds: number): string {
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `about ${Math.round(seconds / 60)} min` : `about ${Math.round(seconds / 3600)} h`;
}

/**
 * What the things are, and what comes of it when they go, or why they stay.
 * @param speed pictures a second that are looked at; undefined: nobody knows.
 */
export function storageWords(
  { kind, bytes, count, freeableBytes }: StorageRoom,
  speed?: number,
): { readonly what: string; readonly goes: string } {
  const { what, goes } = WORDS[kind];
  if (bytes === 0) return { what, goes: "There is nothing of it." };
  if (!FREEABLE_KINDS.some((one) => one === kind)) return { what, goes };
  if (freeableBytes === 0)
    return { what, goes: "Nothing of it can go now: it is in use, or is less than an hour old." };
  const said = [goes];
  if (kind === "features" && speed !== undefined && count !== null)
    said.push(`To compute all of them again takes ${about((count * freeableBytes) / bytes / speed)}.`);
  if (freeableBytes < bytes) said.push("What is in use stays.");
  return { what, goes: said.join(" ") };
}
