import { createHash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { ARCHIVE_MANIFEST, leaseArchive, sweepArchives, temporaryName } from "../cache/archives-node.ts";
import { CACHE_BYTES, cacheFolders } from "../cache/cache-node.ts";
import { storeError } from "../cache/folder-node.ts";
import { giveUp } from "../cache/give-up-node.ts";
import { CoreError } from "../errors.ts";
import { makeFolder } from "../files/make-folder-node.ts";
import { machineCode } from "../files/one-file-error.ts";
import { readFailure } from "../files/read-failure-node.ts";
import { showLife } from "../files/show-life-node.ts";
import { codeOf, diskFull, isDiskFull } from "../files/system-error-node.ts";
import { visibleText } from "../visible-text.ts";
import type { ArchiveKind } from "./archive-kind.ts";
import { checkArchiveSizes, type SizesBefore } from "./archive-limits.ts";
import {
  ARCHIVE_STORE_VERSION,
  type ArchiveManifest,
  ArchiveSink,
  archiveManifestSchema,
  type ForeignNames,
} from "./archive-sink-node.ts";
import { unpackTar } from "./archive-tar-node.ts";
import type { UnpackOptions } from "./archive-zip-node.ts";
import type { Listing } from "./listing.ts";
import type { DatasetNote } from "./types.ts";
import { reasonOf } from "./walk-node.ts";

const FILES = "files";

export interface Archive {
  readonly path: string;
  readonly kind: ArchiveKind;
  /** For people, where `path` tells them nothing (an archive in an archive). @default path */
  readonly shown?: string;
}

/** The files of an unpacked archive. */
export interface LeasedListing extends Listing {
  readonly lease: AsyncDisposable;
  /** What counts against the limits of a data set of several archives. */
  readonly sizes: SizesBefore;
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
  if (!isDiskFull(error)) return codeOf(error) === "" ? error : storeError(error, `${root} cannot be used.`);
  const what = "There is no room to unpack the archive.";
  const fix = "Free some space (`graft cache prune`), or choose another folder (`home` or GRAFT_HOME).";
  return diskFull({ what, received: root, fix }, error);
}

/** Room for that many bytes more, where what is kept may go; unpacking goes on without it, too. */
async function makeRoom(home: string, bytes: number, maxBytes: number): Promise<void> {
  const limit = Math.max(0, maxBytes - bytes);
  const options = { now: Date.now(), counting: false };
  // what cannot be given up (another user's, a disk at fault) is no reason not to open a data set
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

const shownPath = ({ path, shown = path }: Archive): string => shown;

const isSame = (a: Stats, b: Stats): boolean =>
  a.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino;

/** Its contents would be kept under the hash of what it was before. */
function changedWhileRead(archive: Archive): CoreError {
  const what = `${visibleText(shownPath(archive))} changed while graft was reading it.`;
  const fix = "Wait until it has been written or downloaded completely, then try again.";
  return new CoreError("bad-input", { what, fix });
}

/** Unpacks beside the target and renames: the target is whole or absent, whenever the process ends. */
async function unpackInto(
  target: string,
  root: string,
  { archive, facts }: Pick<LeasedArchive, "archive" | "facts">,
  options: UnpackOptions,
): Promise<ArchiveManifest> {
  const temporary = temporaryName(root);
  try {
    await makeFolder(join(temporary, FILES));
    using _ = showLife(temporary);
    const sink = new ArchiveSink(join(temporary, FILES));
    try {
      // its library is loaded with the first one
      if (archive.kind === "zip")
        await (await import("./archive-zip-node.ts")).unpackZip(archive.path, sink, options);
      else await unpackTar(archive.path, archive.kind === "tar.gz", sink, options);
    } catch (error) {
      throw withPath(error, shownPath(archive));
    }
    const manifest = await sink.finish();
    if (!isSame(await stat(archive.path), facts)) throw changedWhileRead(archive);
    await writeManifest(temporary, { ...manifest, name: basename(shownPath(archive)) });
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

export interface OpenArchiveOptions extends UnpackOptions {
  /** What the whole cache may take, features too. @default 10 GB */
  readonly maxBytes?: number;
}

/** An archive of which nothing is given up from here on. */
interface LeasedArchive {
  readonly archive: Archive;
  /** Of the archive, before it was looked at. */
  readonly facts: Stats;
  readonly target: string;
  readonly lease: AsyncDisposable;
  /** Undefined for one that is to be unpacked. */
  readonly stored: ArchiveManifest | undefined;
}

/** Trouble in reading the archive is no trouble of the store. */
function archiveFailure(error: unknown, archive: Archive): unknown {
  const isRead =
    error instanceof Error &&
    "syscall" in error &&
    (error.syscall === "read" || ("path" in error && error.path === archive.path));
  if (!isRead) return error;
  if (machineCode(error) !== undefined) return readFailure(archive.path, error);
  const what = `${visibleText(shownPath(archive))} ${reasonOf(error)}.`;
  return new CoreError(
    "bad-input",
    { what, fix: "Make it readable, or give another archive." },
    { cause: error },
  );
}

async function leaseOne(
  archive: Archive,
  root: string,
  signal: AbortSignal | undefined,
): Promise<LeasedArchive> {
  const facts = await stat(archive.path);
  const id = `${await hashFile(archive.path, signal)}-${ARCHIVE_STORE_VERSION}`;
  const target = join(root, id);
  const lease = await leaseArchive(root, id);
  const stored = await readStored(target);
  if (stored !== undefined) await noteUse(target);
  return { archive, facts, target, lease, stored };
}

/** Each kept file once, as it lies on the disk. */
function sizesOf({ files, passed, folders, skipped }: ArchiveManifest): SizesBefore {
  const bytes = new Map(files.map((file) => [file.file, file.bytes]));
  return {
    entries: files.length + passed.length + folders.length + skipped.length,
    totalBytes: [...bytes.values()].reduce((sum, one) => sum + one, 0),
  };
}

function foreignNamesNote({ readAs, example }: ForeignNames, archive: Archive): DatasetNote {
  const name = visibleText(example);
  const how = readAs === "CP437" ? `graft reads them as CP437: ${name}` : `graft shows their bytes: ${name}`;
  const fix =
    "if this gives a class the wrong name, unpack the archive with a program that lets you choose its language, and give graft the folder";
  const message = `names in ${visibleText(basename(shownPath(archive)))} are not UTF-8; ${how} (${fix})`;
  return { code: "foreign-names", message };
}

async function listOne(
  { archive, facts, target, lease, stored }: LeasedArchive,
  root: string,
  options: UnpackOptions,
): Promise<LeasedListing> {
  const manifest = stored ?? (await unpackInto(target, root, { archive, facts }, options));
  const { files, passed, folders, skipped, foreignNames } = manifest;
  const sizes = sizesOf(manifest);
  // also what was unpacked before counts
  checkArchiveSizes({ ...sizes, largestBytes: 0 }, Number.POSITIVE_INFINITY, options.before);
  const listed = files.map(({ path, file }) => ({ path, location: join(target, FILES, file) }));
  const notes = foreignNames === undefined ? [] : [foreignNamesNote(foreignNames, archive)];
  return { files: listed, passed, folders, skipped, broken: [], closed: [], notes, lease, sizes };
}

async function listAll(
  leased: readonly LeasedArchive[],
  home: string,
  { maxBytes = CACHE_BYTES, onProgress, ...options }: OpenArchiveOptions,
): Promise<readonly LeasedListing[]> {
  const { archives: root } = cacheFolders(home);
  const news = leased.filter(({ stored }) => stored === undefined);
  const total = news.reduce((sum, { facts }) => sum + facts.size, 0);
  // photos hardly pack, so the archives' length is nearly what they will take
  if (news.length > 0) await makeRoom(home, total, maxBytes);
  const listings: LeasedListing[] = [];
  let before = options.before ?? { entries: 0, totalBytes: 0 };
  let doneBefore = 0;
  for (const one of leased) {
    const tell = (progress: { done: number; total: number }): void =>
      leased.length === 1
        ? onProgress?.(progress)
        : onProgress?.({ done: doneBefore + (progress.done / progress.total) * one.facts.size, total });
    const listing = await listOne(one, root, { ...options, before, onProgress: tell }).catch((error) => {
      throw archiveFailure(error, one.archive);
    });
    listings.push(listing);
    before = {
      entries: before.entries + listing.sizes.entries,
      totalBytes: before.totalBytes + listing.sizes.totalBytes,
    };
    if (one.stored === undefined) doneBefore += one.facts.size;
  }
  if (news.length > 0) await makeRoom(home, 0, maxBytes);
  return listings;
}

/**
 * The files of archives, each unpacked once into `home`/cache/archives/<sha256 of the archive>-<version of the store> and
 * found there afterwards. Written to by nothing else. They count in the cache's limit and go as features do, least
 * recently used first, but never while a lease is held. The limits of size hold for their sum.
 * @throws CoreError as `unpackZip` and `unpackTar`, with the archive's path; `disk-full`; `bad-input` for an archive that
 * cannot be read and a home that cannot be written. No lease is left then.
 */
export async function openArchives(
  archives: readonly Archive[],
  home: string,
  options: OpenArchiveOptions,
): Promise<readonly LeasedListing[]> {
  const { archives: root } = cacheFolders(home);
  const leased: LeasedArchive[] = [];
  try {
    await makeFolder(root);
    await sweepArchives(root);
    for (const archive of archives) {
      const one = leaseOne(archive, root, options.signal).catch((error) => {
        throw archiveFailure(error, archive);
      });
      leased.push(await one);
    }
    return await listAll(leased, home, options);
  } catch (error) {
    for (const { lease } of leased) await lease[Symbol.asyncDispose]();
    throw storeFailure(error, root);
  }
}

/** `openArchives` of one. */
export async function openArchive(
  archive: Archive,
  home: string,
  options: OpenArchiveOptions,
): Promise<LeasedListing> {
  const [listing] = await openArchives([archive], home, options);
  if (listing === undefined) throw new Error("an archive was opened to nothing");
  return listing;
}
