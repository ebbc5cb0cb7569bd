/**
 * A folder of whatever host there is: a directory of a disk, a map in memory, a browser's private files. What outlives a
 * process (checkpoints, run records, logs, models, exports) is written once, over this.
 *
 * Paths are relative, with "/" between their parts, without "." and "..". Errors are a host's own turned into CoreErrors:
 * `disk-full`, `unreadable` for trouble of the machine, `bad-input` for a place that may not be read or written and for a
 * path that is none. A refusal to write has the reason in few words as its fact `reason`.
 */
export interface Folder {
  /** What people are shown of where it is: a path on a disk. */
  readonly name: string;
  /** The folder at a path inside; nothing is made. */
  folder(path: string): Folder;
  /** What people are shown of where a file inside is. */
  nameOf(path: string): string;
  /** Makes a folder at a path, and those on the way. @returns false where there is one already: one caller alone gets true. */
  create(path: string): Promise<boolean>;
  /** What lies directly inside, in no order; none where the folder is not there. */
  list(): Promise<readonly FolderEntry[]>;
  /** A whole file at the start of a buffer of its own, so that typed arrays may lie on it; undefined where there is none. */
  read(path: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Bytes of a file; undefined where there is none. */
  size(path: string): Promise<number | undefined>;
  /** Bytes from `start` on, at most `length`, fewer at the file's end; undefined where there is no file. */
  readRange(path: string, start: number, length: number): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /**
   * Writes a file whole or not at all: under another name, synced, renamed; folders on the way are made. The pieces may be
   * written over when the promise settles, not before: a host may ask for the next one while it writes the last.
   * @param options.spare the other name: where `remove` kept a file's room, it is used again. It belongs to one writer at a
   * time, and a failure leaves nothing there. @default a new name
   */
  replace(path: string, pieces: Pieces, options?: SpareOption): Promise<void>;
  /** Appends to a file, which is made where it is not there. What a kill leaves is a beginning of the bytes. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /**
   * Removes a file, or a folder with all in it; nothing happens where there is none.
   * @param options.spare a name under which a host may keep the file's room for the next `replace` with it.
   */
  remove(path: string, options?: SpareOption): Promise<void>;
  /** Removes this folder with all in it. */
  clear(): Promise<void>;
  /**
   * Makes a folder at a path appear whole or not at all.
   * @param fill writes the files of a new, empty folder, which nobody else sees.
   * @returns where it is, for people; behind a link that was followed.
   * @throws CoreError `conflict` for what may not be replaced; what `fill` throws.
   */
  replaceFolder(path: string, rules: PlaceRules, fill: (folder: Folder) => Promise<void>): Promise<string>;
  /**
   * Makes a file appear at a path whole or not at all, and only once it was looked at: written under another name, synced, read
   * again, checked, renamed. Until then what it replaces stays as it is. The pieces are asked for when the place is free.
   * @param check is given what was written, read again; what it throws leaves nothing. @default nobody looks
   * @returns where it is, for people; behind a link that was followed.
   * @throws CoreError `conflict` for what may not be replaced; what the pieces and `check` throw.
   */
  replaceFile(
    path: string,
    rules: FileRules,
    pieces: Pieces,
    check?: (written: Uint8Array<ArrayBuffer>) => Promise<void>,
  ): Promise<string>;
  /**
   * One holder at a time over all processes of the host; a holder that was killed holds nothing. The folder around it is there
   * already.
   * @returns the lock, or who has it.
   */
  lock(path: string): Promise<FolderLock | LockedBy>;
  /** Who holds a lock now; undefined: nobody. */
  lockedBy(path: string): Promise<LockedBy | undefined>;
}

/** Where one file or folder goes. */
export interface Place {
  readonly folder: Folder;
  /** Its path in the folder. */
  readonly path: string;
}

/** Which file may be placed where. */
export interface FileRules {
  /** Replace what is there. */
  readonly force: boolean;
  /** What is placed, for messages: "model". */
  readonly noun: string;
}

/** Which folder may be placed where: one is replaced only when it holds nothing but known files. */
export interface PlaceRules extends FileRules {
  /** All file names that such a folder may hold. */
  readonly known: readonly string[];
}

export interface SpareOption {
  readonly spare?: string;
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
