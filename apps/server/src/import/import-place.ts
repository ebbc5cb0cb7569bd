import { createWriteStream, existsSync } from "node:fs";
import { lstat, mkdir, readdir, realpath, rename, rm } from "node:fs/promises";
import { join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import type { BlobStore } from "@graft/api";
import { CoreError } from "@graft/core";
import { makeFolder } from "@graft/core/node";

/** An import's own folder: what it unpacks, looks at and makes, until it is done. */
export class ImportPlace {
  readonly folder: string;
  /** For archives that are unpacked. */
  readonly home: string;
  readonly #blobs: string;
  readonly #roots: readonly string[];

  private constructor(folder: string, { cache }: { readonly cache: string }) {
    this.folder = folder;
    this.home = join(folder, "home");
    this.#blobs = join(folder, "blobs");
    this.#roots = [folder, cache];
  }

  /**
   * @param root of all imports. @param options.cache where archives of known sets are unpacked.
   * @param id of the upload.
   */
  static async open(root: string, id: string, options: { readonly cache: string }): Promise<ImportPlace> {
    const folder = join(root, id);
    await makeFolder(join(folder, "home"));
    await mkdir(join(folder, "blobs"), { recursive: true });
    return new ImportPlace(await realpath(folder), options);
  }

  /** A blob as a file of this machine: its own where there is one, else a copy. */
  async fileOf(blobs: BlobStore, hash: string): Promise<string> {
    if ("fileOf" in blobs && typeof blobs.fileOf === "function") return blobs.fileOf(hash);
    const path = join(this.#blobs, hash);
    if (existsSync(path)) return path;
    await pipeline(await blobs.stream(hash), createWriteStream(`${path}.part`));
    await rename(`${path}.part`, path);
    return path;
  }

  /**
   * A file that a process which reads hostile bytes has named.
   * @throws CoreError `corrupt` for one elsewhere, and for what is no file.
   */
  async check(location: string): Promise<string> {
    const path = await realpath(location).catch(() => "");
    const isHere = this.#roots.some((root) => path.startsWith(root + sep));
    if (isHere && path === location && (await lstat(path)).isFile()) return path;
    throw new CoreError("corrupt", {
      what: "The process that reads uploads named a file that is not of this upload.",
      fix: "Do not trust the files of this upload.",
    });
  }
}

/** Removes what an import had, when it is over. @param root of all imports. */
export async function removeImport(root: string, id: string): Promise<void> {
  await rm(join(root, id), { recursive: true, force: true });
}

/** Removes what imports left that nobody goes on with. @param isLive whether the upload of this id is still to be imported. */
export async function sweepImports(root: string, isLive: (id: string) => Promise<boolean>): Promise<void> {
  const names = await readdir(root).catch(() => []);
  for (const id of names) if (!(await isLive(id))) await removeImport(root, id);
}
