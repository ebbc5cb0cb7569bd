import type { BrokenFile, DatasetNote, SkippedFile } from "./types.ts";

/** A file of a data set before it is looked at. */
export interface ListedFile {
  /** Path inside the data set, "/" between folders. */
  readonly path: string;
  /** Where its bytes are: an absolute path in Node. */
  readonly location: string;
}

/** All that lies in a folder or an archive, and what was set aside while listing it. */
export interface Listing {
  readonly files: readonly ListedFile[];
  /** Files that are known not to be images without another look (an archive's, whose bytes were not kept). */
  readonly passed: readonly SkippedFile[];
  /** Every folder inside, empty ones too: an empty class folder is a mistake worth a message. */
  readonly folders: readonly string[];
  readonly skipped: readonly SkippedFile[];
  readonly broken: readonly BrokenFile[];
  /** Folders that cannot be entered (they are in `folders` too): nobody knows what lies in them. */
  readonly closed: readonly BrokenFile[];
  /** How it was listed: that archives are read as folders, how names are read. @default none */
  readonly notes?: readonly DatasetNote[];
  /** Keeps the files of an unpacked archive where they are, until it is disposed of or the process ends. */
  readonly lease?: AsyncDisposable;
}
