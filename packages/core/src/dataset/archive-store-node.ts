import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { ARCHIVE_MANIFEST, leaseArchive, sweepArchives, temporaryName } from "../cache/archives-node.ts";
import { CACHE_BYTES, cacheFolders } from "../cache/cache-node.ts";
import { storeError } from "../cache/folder-node.ts";
import { giveUp } from "../cache/give-up-node.ts";
import { CoreError } from "../errors.ts";
import { showLife } from "../files/show-life-node.ts";
import { codeOf, diskFull, isDiskFull } from "../files/system-error-node.ts";
import { visibleText } from "../visible-text.ts";
import type { ArchiveKind } from "./archive-kind.ts";
import { type ArchiveManifest, ArchiveSink, archiveManifestSchema } from "./archive-sink-node.ts";
import { unpackTar } from "./archive-tar-node.ts";
import { type UnpackOptions, unpackZip } from "./archive-zip-node.ts";
import type { Listing } from "./listing.ts";

const FILES = "files";

interface Archive {
  readonly path: string;
  readonly kind: ArchiveKind;
}

/** The files of an unpacked archive. */
export interface LeasedListing extends Listing {
  readonly lease: AsyncDisposable;
}

async function hashFile(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, signal === undefined ? {} : { signal }))
    hash.update(chunk);
  return hash.digest("hex");
}

/** The manifest of an archive that is unpacked already and whole, or undefined. */
async function readStored(folder: string): Promise<ArchiveManifest | undefined> {
  try {
    const text = await readFile(join(folder, ARCHIVE_MANIFEST), "utf8");
    const manifest = archiveManifestSchema.parse(JSON.parse(text));
    for (const { file, bytes } of manifest.files)
      if ((await stat(join(folder, FILES, file))).size !== bytes) return undefined;
    return manifest;
  } catch {
    // absent, or damaged by something else than us: unpacked anew
    return undefined;
  }
}

async function writeManifest(folder: string, manifest: object): Promise<void> {
  const file = await open(join(folder, ARCHIVE_MANIFEST), "wx");
  try {
    await file.writeFile(JSON.stringify(manifest));
    await file.sync();
  } finally {
    await file.close();
  }
}

function storeFailure(error: unknown, root: string): unknown {
  if (codeOf(error) === "ABORT_ERR")
    return new CoreError("cancelled", { what: "The work was cancelled." }, { cause: error });
  if (!isDiskFull(error)) return codeOf(error) === "" ? error : storeError(error, `${root} can not be used.`);
  const what = "There is no room to unpack the archive.";
  const fix = "Free some space (graft cache prune), or choose another folder with --home.";
  return diskFull({ what, received: root, fix }, error);
}

/** Room for that many bytes more, where what is kept may go; unpacking goes on without it, too. */
async function makeRoom(home: string, bytes: number, maxBytes: number): Promise<void> {
  const limit = Math.max(0, maxBytes - bytes);
  const options = { now: Date.now(), counting: false };
  // what can not be given up (another user's, a disk at fault) is no reason not to open a data set
  await giveUp(cacheFolders(home), { above: limit, downTo: limit }, options).catch(() => undefined);
}

/** Puts an unpacked folder in its place. @returns the manifest that is there then. */
async function place(
  temporary: string,
  { target, root, manifest }: { target: string; root: string; manifest: ArchiveManifest },
): Promise<ArchiveManifest> {
  try {
    await rename(temporary, target);
    return manifest;
  } catch (error) {
    // another process was faster: equal bytes in, equal files out
    const stored = await readStored(target);
    if (stored !== undefined) return stored;
    const damaged = temporaryName(root);
    await rename(target, damaged).catch(() => {
      throw error;
    });
    await rename(temporary, target);
    await rm(damaged, { recursive: true, force: true });
    return manifest;
  }
}

/** A refusal of what is in the archive, with the archive's path: who gave a known set's name has not seen it yet. */
function withPath(error: unknown, path: string): unknown {
  const isOfContent = error instanceof CoreError && !["cancelled", "disk-full"].includes(error.code);
  if (!isOfContent) return error;
  const facts = { ...error.facts, archive: path };
  return new CoreError(
    error.code,
    { what: `${visibleText(path)}: ${error.message}` },
    { cause: error, facts },
  );
}

/** Unpacks beside the target and renames: the target is whole or absent, whenever the process ends. */
async function unpackInto(
  target: string,
  root: string,
  archive: Archive,
  options: UnpackOptions,
): Promise<ArchiveManifest> {
  const temporary = temporaryName(root);
  try {
    await mkdir(join(temporary, FILES), { recursive: true });
    using _ = showLife(temporary);
    const sink = new ArchiveSink(join(temporary, FILES));
    try {
      if (archive.kind === "zip") await unpackZip(archive.path, sink, options);
      else await unpackTar(archive.path, archive.kind === "tar.gz", sink, options);
    } catch (error) {
      throw withPath(error, archive.path);
    }
    const manifest = sink.manifest();
    await writeManifest(temporary, { ...manifest, name: basename(archive.path) });
    return await place(temporary, { target, root, manifest });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Notes the use, by which the least recently used is known. A home that is only read notes none. */
async function noteUse(target: string): Promise<void> {
  const now = new Date();
  await utimes(join(target, ARCHIVE_MANIFEST), now, now).catch(() => undefined);
}

/** Finds the archive unpacked, or unpacks it and gives up what the cache then has too much of. */
async function obtain(
  target: string,
  archive: Archive,
  home: string,
  { maxBytes = CACHE_BYTES, ...options }: OpenArchiveOptions,
): Promise<ArchiveManifest> {
  const stored = await readStored(target);
  if (stored !== undefined) {
    await noteUse(target);
    return stored;
  }
  // photos hardly pack, so the archive's length is nearly what it will take
  await makeRoom(home, (await stat(archive.path)).size, maxBytes);
  const manifest = await unpackInto(target, cacheFolders(home).archives, archive, options);
  await makeRoom(home, 0, maxBytes);
  return manifest;
}

export interface OpenArchiveOptions extends UnpackOptions {
  /** What the whole cache may take, features too. @default 10 GB */
  readonly maxBytes?: number;
}

/**
 * The files of an archive, unpacked once into `home`/cache/archives/<sha256 of the archive> and found there afterwards.
 * Written to by nothing else. They count in the cache's limit and go as features do, least recently used first, but
 * never while a lease is held.
 * @throws CoreError as `unpackZip` and `unpackTar`, with the archive's path; `disk-full`; `bad-input` for a home that can
 * not be written.
 */
export async function openArchive(
  archive: Archive,
  home: string,
  options: OpenArchiveOptions,
): Promise<LeasedListing> {
  const { archives: root } = cacheFolders(home);
  try {
    await mkdir(root, { recursive: true });
    await sweepArchives(root);
    const id = await hashFile(archive.path, options.signal);
    const lease = await leaseArchive(root, id);
    try {
      const target = join(root, id);
      const { files, passed, folders, skipped } = await obtain(target, archive, home, options);
      const listed = files.map(({ path, file }) => ({ path, location: join(target, FILES, file) }));
      return { files: listed, passed, folders, skipped, broken: [], closed: [], lease };
    } catch (error) {
      await lease[Symbol.asyncDispose]();
      throw error;
    }
  } catch (error) {
    throw storeFailure(error, root);
  }
}
