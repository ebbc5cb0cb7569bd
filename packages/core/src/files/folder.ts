/**
 * A folder of whatever host there is: a directory of a disk, a map in memory, a browser's private files. What outlives a
 * process (checkpoints, run records, logs, models, exports) is written once, over this.
 *
 * Paths are relative, with "/" between their parts, without "." and "..". Errors are a host's own turned into CoreErrors:
 * `disk-full`, `unreadable` for trouble of the machine, `bad-input` for a place that may not be read or written.
 */
export interface Folder {
  /** What people are shown of where it is: an absolute path on a disk. */
  readonly name: string;
  /** The folder at a path inside; nothing is made. */
  folder(path: string): Folder;
  /** What lies directly inside, in no order; none where the folder is not there. */
  list(): Promise<readonly FolderEntry[]>;
  /** A whole file at the start of a buffer of its own, so that typed arrays may lie on it; undefined where there is none. */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Bytes from `start` on, at most `length`, fewer at the file's end; undefined where there is no file. */
  readRange(path: string, start: number, length: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /**
   * Writes a file whole or not at all: under another name, synced, renamed; folders on the way are made. The pieces may be
   * written over when the promise settles.
   */
  replace(path: string, pieces: Pieces): Promise<void>;
  /** Appends to a file, which is made where it is not there. What a kill leaves is a beginning of the bytes. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** Removes a file, or a folder with all in it; nothing happens where there is none. */
  remove(path: string): Promise<void>;
  /**
   * Makes a folder at a path appear whole or not at all, in the place of one that is there.
   * @param fill writes the files of a new, empty folder.
   */
  replaceFolder(path: string, fill: (folder: Folder) => Promise<void>): Promise<void>;
  /**
   * One holder at a time over all processes of the host; a holder that was killed holds nothing.
   * @returns the lock, or who has it.
   */
  lock(path: string): Promise<FolderLock | LockedBy>;
  /** Who holds a lock now; undefined: nobody. */
  lockedBy(path: string): Promise<LockedBy | undefined>;
}

export interface FolderEntry {
  readonly name: string;
  readonly kind: "file" | "folder";
}

/** A file's content in pieces, so that nobody holds it whole. */
export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface FolderLock extends AsyncDisposable {
  release(): Promise<void>;
}

/** A live holder of a lock, as far as the host knows it. */
export interface LockedBy {
  /** For people: "process 4711", "another tab". */
  readonly holder: string;
  readonly pid?: number;
}
