import type { BlobFacts } from "../ports/blob-store.ts";
import type { RunRepository } from "../ports/repository.ts";
import type { BlobKeeper, Keeping } from "./blob-keeper.ts";

/** A file: its path, with "/" between folders, and the blob that it is. A path that ends with "/" is a folder with nothing in it. */
export interface TableFile extends BlobFacts {
  readonly path: string;
}

/** Files by path; what they hold is blobs. */
export interface FileTable {
  /** Files whose paths begin so: "" or "a/b/". */
  below(prefix: string): Promise<readonly TableFile[]>;
  file(path: string): Promise<TableFile | undefined>;
  /** Where blobs are held until they have their places. */
  begin(): Keeping;
  /** Puts files in their places and takes others away, together; the blobs of the first are held. */
  change(change: { readonly put: readonly TableFile[]; readonly remove: readonly string[] }): Promise<void>;
}

/**
 * The files of a run.
 * @param check called before each change. @throws what keeps it from being made.
 */
export function runFileTable(
  { runs, keeper }: { readonly runs: RunRepository; readonly keeper: BlobKeeper },
  run: string,
  check: () => void,
): FileTable {
  return {
    below: (prefix) => runs.files(run, prefix === "" ? undefined : prefix.slice(0, -1)),
    file: (path) => runs.file(run, path),
    begin: () => keeper.begin(),
    async change({ put, remove }) {
      check();
      const dropped = await runs.changeFiles(run, {
        put: put.map(({ path, hash, bytes }) => ({ run, path, hash, bytes })),
        remove,
      });
      // the files are in their places; a deletion that fails is marked, and finished later
      await keeper.drop(dropped).catch(() => undefined);
    },
  };
}

/** Files that nobody else sees yet. @param keeping holds their blobs until they have been put somewhere else. */
export function pendingFileTable(keeping: Keeping): FileTable & { files(): readonly TableFile[] } {
  const files = new Map<string, TableFile>();
  const all = (): readonly TableFile[] => [...files.values()];
  return {
    files: all,
    below: async (prefix) => all().filter(({ path }) => path.startsWith(prefix)),
    file: async (path) => files.get(path),
    begin: () => ({
      ...keeping,
      release: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    }),
    async change({ put, remove }) {
      for (const path of remove) files.delete(path);
      for (const file of put) files.set(file.path, file);
    },
  };
}
