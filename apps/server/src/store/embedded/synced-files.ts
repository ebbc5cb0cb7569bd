import { closeSync, fsyncSync, openSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { NodeFS } from "@electric-sql/pglite/nodefs";

type Init = NodeFS["init"];

/** As much of Emscripten's open file as is needed: a folder has no number. */
interface OpenFile {
  readonly nfd?: number;
  readonly node: object;
}

/** Emscripten's NODEFS. It has no fsync; what is asked to sync a file looks for one here and finds none. */
interface NodeFiles {
  realPath(node: object): string;
  readonly stream_ops: {
    fsync?: (file: OpenFile) => number;
    write: (file: OpenFile, ...what: readonly unknown[]) => number;
  };
}

/** Emscripten's number for a disk without room. */
const NO_ROOM = 51;

const isNoRoom = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "errno" in error && error.errno === NO_ROOM;

function isNodeFiles(value: unknown): value is NodeFiles {
  return typeof value === "object" && value !== null && "stream_ops" in value && "realPath" in value;
}

/**
 * A data folder whose files are on the disk when PostgreSQL wants them there. PGlite leaves that to the system: its store survives
 * a killed process, and not a machine that loses power.
 */
export class SyncedFiles extends NodeFS {
  readonly #makeRoom: () => boolean;

  /** @param options.makeRoom asked when there is none for PostgreSQL's log. @returns whether there is some now. */
  constructor(
    folder: string,
    { makeRoom = () => false }: { readonly makeRoom?: (() => boolean) | undefined } = {},
  ) {
    super(folder);
    this.#makeRoom = makeRoom;
  }

  override async init(...[pglite, options]: Parameters<Init>): ReturnType<Init> {
    const { emscriptenOpts } = await super.init(pglite, options);
    const addSync: NonNullable<typeof emscriptenOpts.preRun>[number] = ({ FS }) => {
      const files: unknown = Object(FS).filesystems?.NODEFS;
      if (!isNodeFiles(files)) throw new Error("PGlite's files cannot be synced: it has another Emscripten.");
      files.stream_ops.fsync = ({ nfd, node }) => {
        if (nfd !== undefined) fsyncSync(nfd);
        else syncFolder(files.realPath(node));
        return 0;
      };
      const { write } = files.stream_ops;
      files.stream_ops.write = (file, ...what) => {
        try {
          return write(file, ...what);
        } catch (error) {
          const isLog = isNoRoom(error) && /[/\\]pg_wal[/\\]/.test(files.realPath(file.node));
          if (!isLog || !this.#makeRoom()) throw error;
          return write(file, ...what);
        }
      };
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), addSync] } };
  }
}

/** Brings a folder with all in it to the disk. At once: a file system does many in the time of a few. */
export async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  await Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      if (entry.isDirectory()) return syncFolder(path);
      const file = await open(path, "r+");
      await file.sync().finally(() => file.close());
    }),
  );
  syncFolder(folder);
}

export function syncFolder(path: string): void {
  // Windows opens no folder, and keeps its names by itself
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
