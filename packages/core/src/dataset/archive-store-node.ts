import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { CoreError } from "../errors.ts";
import { processExists } from "../files/owner-node.ts";
import { codeOf, diskFull, isDiskFull } from "../files/system-error-node.ts";
import type { ArchiveKind } from "./archive-kind.ts";
import { type ArchiveManifest, ArchiveSink, archiveManifestSchema } from "./archive-sink-node.ts";
import { unpackTar } from "./archive-tar-node.ts";
import { type UnpackOptions, unpackZip } from "./archive-zip-node.ts";
import type { Listing } from "./listing.ts";

const MANIFEST = "manifest.json";
const FILES = "files";
const TEMPORARY = ".unpacking";
/** Temporaries of another machine (a shared home) or with a process id used again are left alone for this long. */
const STALE_MS = 24 * 60 * 60 * 1000;
const HOST = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

async function hashFile(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, signal === undefined ? {} : { signal }))
    hash.update(chunk);
  return hash.digest("hex");
}

/** Removes what killed processes left: their half-unpacked folders. */
async function removeStale(root: string): Promise<void> {
  const processStart = Date.now() - process.uptime() * 1000;
  for (const name of await readdir(root)) {
    const [kind, host, pid] = name.split("-");
    if (kind !== TEMPORARY) continue;
    const path = join(root, name);
    const modified = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
    if (modified === undefined) continue;
    const isOwn = Number(pid) === process.pid && modified >= processStart - 1000;
    const isDead = host === HOST && !isOwn && (Number(pid) === process.pid || !processExists(Number(pid)));
    if (isDead || Date.now() - modified > STALE_MS) await rm(path, { recursive: true, force: true });
  }
}

/** The manifest of an archive that is unpacked already and whole, or undefined. */
async function readStored(folder: string): Promise<ArchiveManifest | undefined> {
  try {
    const text = await readFile(join(folder, MANIFEST), "utf8");
    const manifest = archiveManifestSchema.parse(JSON.parse(text));
    for (const { file, bytes } of manifest.files)
      if ((await stat(join(folder, FILES, file))).size !== bytes) return undefined;
    return manifest;
  } catch {
    // absent, or damaged by something else than us: unpacked anew
    return undefined;
  }
}

async function writeManifest(folder: string, manifest: ArchiveManifest): Promise<void> {
  const file = await open(join(folder, MANIFEST), "wx");
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
  if (!isDiskFull(error)) return error;
  const what = "There is no room to unpack the archive.";
  const fix = "Free some space, or choose another folder with --home.";
  return diskFull({ what, received: root, fix }, error);
}

/** Unpacks beside the target and renames: the target is whole or absent, whenever the process ends. */
async function unpackInto(
  target: string,
  root: string,
  archive: { readonly path: string; readonly kind: ArchiveKind },
  options: UnpackOptions,
): Promise<ArchiveManifest> {
  const temporary = join(root, `${TEMPORARY}-${HOST}-${process.pid}-${randomBytes(6).toString("hex")}`);
  try {
    await mkdir(join(temporary, FILES), { recursive: true });
    const sink = new ArchiveSink(join(temporary, FILES));
    if (archive.kind === "zip") await unpackZip(archive.path, sink, options);
    else await unpackTar(archive.path, archive.kind === "tar.gz", sink, options);
    const manifest = sink.manifest();
    await writeManifest(temporary, manifest);
    try {
      await rename(temporary, target);
    } catch (error) {
      // another process was faster (or left a damaged one): equal bytes in, equal files out
      const stored = await readStored(target);
      if (stored !== undefined) return stored;
      throw error;
    }
    return manifest;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * The files of an archive, unpacked once into `home`/cache/archives/<sha256 of the archive> and found there afterwards.
 * Written to by nothing else; the folder may be deleted at any time that no data set of it is open.
 * @throws CoreError as `unpackZip` and `unpackTar`, and `disk-full`.
 */
export async function openArchive(
  archive: { readonly path: string; readonly kind: ArchiveKind },
  home: string,
  options: UnpackOptions,
): Promise<Listing> {
  const root = join(home, "cache", "archives");
  try {
    await mkdir(root, { recursive: true });
    await removeStale(root);
    const target = join(root, await hashFile(archive.path, options.signal));
    let manifest = await readStored(target);
    if (manifest === undefined) {
      await rm(target, { recursive: true, force: true });
      manifest = await unpackInto(target, root, archive, options);
    }
    const files = manifest.files.map(({ path, file }) => ({ path, location: join(target, FILES, file) }));
    return { files, folders: manifest.folders, skipped: manifest.skipped, broken: [], closed: [] };
  } catch (error) {
    throw storeFailure(error, root);
  }
}
