import { createReadStream, type Dirent } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { BlobFacts, BlobStore } from "@graft/api";
import { readRange, sha256InPieces, syncFolder, writePieces, writeWhole } from "@graft/core/node";
import { checkHash, isHash, noSuchBlob } from "./blob-errors.ts";
import { blobFile, isMissing, ofBlob, readBlobFile } from "./blob-file.ts";
import type { OpenBlobStoreOptions } from "./blob-store-options.ts";
import { claimPlace, MARK_NAME, type PlaceMark } from "./claim-place.ts";
import { folderTrouble, placeRefused } from "./folder-trouble.ts";
import { checkedPieces, hashedPieces } from "./hashed-pieces.ts";
import { openUnfinished, unfinishedPath } from "./left-overs.ts";

/** Where what is not whole yet lies, under names of the processes that write it. */
const WRITING = "tmp";
const PAGE_SIZE = 500;
const READ_BYTES = 2 ** 20;

async function hashOfFile(path: string): Promise<string> {
  const hasher = sha256InPieces();
  for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES })) hasher.update(piece);
  return hasher.digest();
}

const markOf = (root: string): PlaceMark => ({
  place: root,
  read: () =>
    readFile(join(root, MARK_NAME), "utf8").catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    }),
  write: (text) => writeWhole(join(root, MARK_NAME), text),
});

/** Whether a file is there and has these bytes still. */
async function isWhole(path: string, { hash, bytes }: BlobFacts): Promise<boolean> {
  try {
    return (await stat(path)).size === bytes && (await hashOfFile(path)) === hash;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Blobs that are files. */
export interface FolderBlobStore extends BlobStore {
  /** Where a blob's bytes lie, for processes of this machine that read them. @throws CoreError `bad-input` for what is no hash. */
  fileOf(hash: string): string;
}

/**
 * Blobs in a folder: `ab/abcd…`, a folder for each first byte. (A second level makes 30 % fewer puts a second: nearly each of
 * 10,000 pictures then makes a folder that must be durable, too.) A blob is written to a temporary file, synced and renamed.
 * @param root made where it is not there.
 * @param options see `OpenBlobStoreOptions`.
 * @throws CoreError `bad-input` for a place that cannot be used, `conflict` for one of another store, `disk-full`.
 */
export async function openFolderBlobStore(
  root: string,
  { store, rows, from }: Omit<OpenBlobStoreOptions, "temporary"> = {},
): Promise<FolderBlobStore> {
  const name = resolve(root);
  const writing = join(name, WRITING);
  const pathOf = (hash: string): string => blobFile(name, hash);
  try {
    await openUnfinished(writing);
    if (store !== undefined) await claimPlace({ store, rows, from }, markOf(name));
  } catch (error) {
    throw placeRefused(name, error);
  }

  /** Gives a synced file its name. */
  const place = async (temporary: string, facts: BlobFacts): Promise<void> => {
    const path = pathOf(facts.hash);
    if (await isWhole(path, facts)) {
      await rm(temporary);
    } else {
      const made = await mkdir(dirname(path), { recursive: true });
      if (made !== undefined) await syncFolder(name);
      await rename(temporary, path);
    }
    // one that was there may have been put there a moment ago by another put, which has not come to this yet
    await syncFolder(dirname(path));
  };

  return {
    name,
    fileOf: pathOf,
    async put(bytes, options = {}) {
      if (options.hash !== undefined) checkHash(options.hash);
      const temporary = unfinishedPath(writing);
      const hashed = hashedPieces(bytes, options);
      try {
        if (bytes instanceof Uint8Array) {
          for await (const _ of hashed);
          if (await isWhole(pathOf(hashed.facts.hash), hashed.facts)) return hashed.facts;
        }
        await writePieces(await open(temporary, "wx"), bytes instanceof Uint8Array ? [bytes] : hashed);
        await place(temporary, hashed.facts);
        return hashed.facts;
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw folderTrouble(error);
      }
    },
    async head(hash) {
      const path = pathOf(hash);
      try {
        return { hash, bytes: (await stat(path)).size };
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw folderTrouble(error);
      }
    },
    read: (hash) => readBlobFile(name, hash),
    async readRange(hash, start, length) {
      const path = pathOf(hash);
      return ofBlob(hash, () => readRange(path, start, length));
    },
    async stream(hash, range) {
      const path = pathOf(hash);
      // opened when it is read: nothing stays open for who never does
      await ofBlob(hash, () => stat(path));
      if (!range) return checkedPieces(hash, streamed(hash, path));
      return streamed(hash, path, range);
    },
    async delete(hash) {
      const path = pathOf(hash);
      try {
        await rm(path, { force: true });
      } catch (error) {
        throw folderTrouble(error);
      }
    },
    list: () => listed(name),
  };
}

async function* streamed(
  hash: string,
  path: string,
  range?: { readonly start: number; readonly length: number },
): AsyncGenerator<Uint8Array> {
  if (range && range.length <= 0) return;
  const part = range && { start: range.start, end: range.start + range.length - 1 };
  try {
    for await (const piece of createReadStream(path, { highWaterMark: READ_BYTES, ...part })) yield piece;
  } catch (error) {
    throw isMissing(error) ? noSuchBlob(hash, error) : folderTrouble(error);
  }
}

type Stored = BlobFacts & { readonly storedAt: number };

/** What lies in one of the folders, by hash; what goes away meanwhile is not in it. */
async function storedIn(folder: string): Promise<Stored[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
    if (isMissing(error)) return [];
    throw error;
  });
  const hashes = entries.filter((entry) => entry.isFile() && isHash(entry.name)).map((entry) => entry.name);
  const stored: Stored[] = [];
  for (const hash of hashes.sort()) {
    const there = await stat(join(folder, hash)).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (there) stored.push({ hash, bytes: there.size, storedAt: there.mtimeMs });
  }
  return stored;
}

async function* listed(root: string): AsyncGenerator<readonly Stored[]> {
  let page: Stored[] = [];
  for (let first = 0; first < 256; first++) {
    try {
      page.push(...(await storedIn(join(root, first.toString(16).padStart(2, "0")))));
    } catch (error) {
      throw folderTrouble(error);
    }
    if (page.length < PAGE_SIZE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
