import {
  CoreError,
  checkReplaced,
  checkReplacedFile,
  type Folder,
  type FolderEntry,
  fileInPlace,
  folderPath,
  type Pieces,
} from "@graft/core";
import type { BlobStore } from "../ports/blob-store.ts";
import { type FileTable, pendingFileTable, type TableFile } from "./file-table.ts";

/** One caller at a time in what is done to a path. */
export type OneAtATime = <T>(path: string, work: () => Promise<T>) => Promise<T>;

export interface TableFolderOptions {
  readonly table: FileTable;
  readonly blobs: BlobStore;
  /** For people. */
  readonly name: string;
  readonly locking: Pick<Folder, "lock" | "lockedBy">;
  readonly oneAtATime: OneAtATime;
}

async function* asStream(pieces: Pieces): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

const refuseLock = (): Promise<never> =>
  Promise.reject(
    new CoreError("unsupported", { what: "Nothing can be locked in a folder that nobody sees." }),
  );

function lostFile(path: string): CoreError {
  return new CoreError("corrupt", {
    what: `The bytes of ${path} are gone from the server's store.`,
    fix: "Whoever runs the server finds what else is missing by a check of its storage.",
  });
}

/** Core's folder over a table of files. */
export function tableFolder(options: TableFolderOptions): Folder {
  return view(options, options.name, "");
}

/** @param prefix of all full paths in it: "" or "a/b/". */
function view(options: TableFolderOptions, name: string, prefix: string): Folder {
  const { table, blobs, locking, oneAtATime } = options;
  const full = (path: string): string => prefix + folderPath(path).join("/");
  const nameOf = (path: string): string => `${name}/${folderPath(path).join("/")}`;

  const entriesIn = async (folder: string): Promise<readonly FolderEntry[]> => {
    const kinds = new Map<string, FolderEntry["kind"]>();
    for (const { path } of await table.below(folder)) {
      const [first = "", ...below] = path.slice(folder.length).split("/");
      if (first !== "") kinds.set(first, below.length > 0 ? "folder" : "file");
    }
    return [...kinds].map(([name, kind]) => ({ name, kind }));
  };
  const kindOf = async (path: string): Promise<FolderEntry["kind"] | undefined> => {
    if (await table.file(path)) return "file";
    return (await table.below(`${path}/`)).length > 0 ? "folder" : undefined;
  };
  /** What is done with a file's blob; once more where another one took its place meanwhile. */
  const reading = async <T>(path: string, work: (file: TableFile) => Promise<T>): Promise<T | undefined> => {
    const at = full(path);
    for (let file = await table.file(at); file; ) {
      try {
        return await work(file);
      } catch (error) {
        if (!(error instanceof CoreError) || error.code !== "not-found") throw error;
        const now = await table.file(at);
        if (now?.hash === file.hash) throw lostFile(nameOf(path));
        file = now;
      }
    }
    return undefined;
  };
  const removeBelow = async (prefix: string, ...others: readonly string[]): Promise<void> => {
    const paths = (await table.below(prefix)).map(({ path }) => path);
    if (paths.length + others.length > 0) await table.change({ put: [], remove: [...paths, ...others] });
  };
  const emptyFolder = async (path: string, keeping: { keep: ReturnType<FileTable["begin"]>["keep"] }) => ({
    path: `${path}/`,
    ...(await keeping.keep(new Uint8Array())),
  });

  return {
    name,
    nameOf,
    folder: (path) => view(options, nameOf(path), `${full(path)}/`),
    async create(path) {
      const at = full(path);
      return oneAtATime(at, async () => {
        if ((await kindOf(at)) !== undefined) return false;
        await using keeping = table.begin();
        await table.change({ put: [await emptyFolder(at, keeping)], remove: [] });
        return true;
      });
    },
    list: () => entriesIn(prefix),
    read: (path) => reading(path, ({ hash }) => blobs.read(hash)),
    size: async (path) => (await table.file(full(path)))?.bytes,
    readRange: (path, start, length) => reading(path, ({ hash }) => blobs.readRange(hash, start, length)),
    async replace(path, pieces) {
      const at = full(path);
      await using keeping = table.begin();
      const facts = await keeping.keep(asStream(pieces));
      await table.change({ put: [{ path: at, ...facts }], remove: [] });
    },
    async append(path) {
      full(path);
      throw new CoreError("unsupported", {
        what: "A file of a server's run is replaced whole.",
        received: `lines for ${nameOf(path)}`,
        fix: "A run's events are rows.",
      });
    },
    async remove(path) {
      const at = full(path);
      await removeBelow(`${at}/`, at);
    },
    clear: () => removeBelow(prefix),
    async replaceFolder(path, rules, fill) {
      const at = full(path);
      const placed = nameOf(path);
      const check = async (): Promise<void> => {
        if (await table.file(at)) throw fileInPlace(placed);
        const names = (await entriesIn(`${at}/`)).map((entry) => entry.name);
        checkReplaced(placed, names, rules);
      };
      await check();
      await using keeping = table.begin();
      const filled = pendingFileTable(keeping);
      const locking = { lock: refuseLock, lockedBy: async () => undefined };
      await fill(view({ ...options, table: filled, locking }, placed, ""));
      await check();
      const files = filled.files().map((file) => ({ ...file, path: `${at}/${file.path}` }));
      const put = files.length > 0 ? files : [await emptyFolder(at, keeping)];
      const isPut = new Set(put.map(({ path }) => path));
      const before = (await table.below(`${at}/`)).map(({ path }) => path);
      await table.change({ put, remove: before.filter((path) => !isPut.has(path)) });
      return placed;
    },
    async replaceFile(path, rules, pieces, check) {
      const at = full(path);
      const placed = nameOf(path);
      const checkFree = async (): Promise<void> => checkReplacedFile(placed, await kindOf(at), rules);
      await checkFree();
      await using keeping = table.begin();
      const facts = await keeping.keep(asStream(pieces));
      if (check) await check(await blobs.read(facts.hash));
      await checkFree();
      await table.change({ put: [{ path: at, ...facts }], remove: [] });
      return placed;
    },
    lock: async (path) => locking.lock(full(path)),
    lockedBy: async (path) => locking.lockedBy(full(path)),
  };
}
