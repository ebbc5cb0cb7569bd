import type { ImageReading } from "../image/readings.ts";
import type { ImageFacts } from "../image/types.ts";

/** Which side of a split an image is on. */
export type Part = "train" | "validation" | "test";

/** One usable image of a data set. */
export interface DatasetImage {
  /** Path inside the data set, "/" between folders: what people are shown. */
  readonly path: string;
  /** sha256 of the file's bytes, hex: what everything else refers to. */
  readonly hash: string;
  /** Index into `Dataset.labels`. */
  readonly label: number;
  /** Set when the data set itself brings train / validation / test folders. */
  readonly part?: Part;
  /** File size. */
  readonly bytes: number;
  readonly facts: ImageFacts;
  /** Images that belong together for another reason than looks (an emoji's styles); equal strings stay on one side. */
  readonly group?: string;
}

/** A file that was passed over on purpose (not an image, a dot file, a link in an archive). */
export interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

/** A file that should be an image and is not usable: quarantined, never deleted. */
export interface BrokenFile {
  readonly path: string;
  /** CoreError code. */
  readonly code: string;
  readonly reason: string;
}

/** How a data set was understood, where there is more than one way, or what it has that is not used. */
export interface DatasetNote {
  readonly code:
    | "archives-as-folders"
    | "archives-beside-images"
    | "foreign-names"
    | "masks"
    | "nested-copy"
    | "parts"
    | "unlabelled-folder"
    | "unlabelled-images"
    | "labels-from-file"
    | "labels-from-names"
    | "labels-from-folder"
    | "labels-without-image"
    | "joined-folders"
    | "table-beside"
    | "archives-not-read"
    | "loose-files"
    | "class-left-out"
    | "passed-over"
    | "names-alike"
    | "no-groups"
    | ImageReading;
  /** One sentence for people: how many, why, an example. */
  readonly message: string;
}

export interface Dataset {
  /** For people: the folder, archive or set name as given. */
  readonly source: string;
  /** Class names, sorted by code unit (as Keras does); a label is an index into this. */
  readonly labels: readonly string[];
  readonly images: readonly DatasetImage[];
  readonly skipped: readonly SkippedFile[];
  readonly broken: readonly BrokenFile[];
  /** What the owner of the images should know of how they were read. */
  readonly notes: readonly DatasetNote[];
  /** True when the images carry `part`. */
  readonly presplit: boolean;
}

/** Where the bytes of a data set's images come from; the same interface for a folder, an unpacked archive, a browser's files. */
export interface ImageSource {
  /** @throws CoreError `not-found` when the file is gone, `corrupt` when its hash is no longer the scanned one. */
  read(image: DatasetImage): Promise<Uint8Array>;
}

/** A stored list of image hashes: the only form in which a split exists. */
export interface Split {
  readonly version: 1;
  /** "given" by folders, "drawn" by seed. */
  readonly kind: "given" | "drawn";
  readonly seed: number;
  readonly fraction: number;
  readonly train: readonly string[];
  readonly validation: readonly string[];
  readonly test: readonly string[];
}
