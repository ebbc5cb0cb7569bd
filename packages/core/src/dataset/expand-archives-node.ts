import { open } from "node:fs/promises";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { machineCode } from "../files/one-file-error.ts";
import { readFailure } from "../files/read-failure-node.ts";
import { nameFew } from "../name-few.ts";
import { visibleText } from "../visible-text.ts";
import { type ArchiveKind, archiveKind, archiveStem, BESIDE_IMAGES } from "./archive-kind.ts";
import type { SizesBefore } from "./archive-limits.ts";
import { type LeasedListing, type OpenArchiveOptions, openArchives } from "./archive-store-node.ts";
import { isNamedLikeDocument, isNamedLikeImage } from "./junk.ts";
import type { ListedFile, Listing } from "./listing.ts";
import { sniffFile } from "./sniff-file-node.ts";
import type { DatasetNote } from "./types.ts";

export interface ExpandOptions extends OpenArchiveOptions {
  readonly home: string;
  /** The folder or archive that was listed, as it was given: for messages. */
  readonly source: string;
  /** How many archives may lie in one another below this listing. @default 2 */
  readonly levels?: number;
}

interface FoundArchive {
  readonly file: ListedFile;
  readonly kind: ArchiveKind;
  /** Its path without the ending: the folder that it is read as. */
  readonly folder: string;
}

const LEVELS = 2;
const HEAD_BYTES = 512;

/** What kind of archive the file is, by its first bytes; undefined for one that cannot be read, too. */
async function kindOf({ location }: ListedFile): Promise<ArchiveKind | undefined> {
  try {
    const file = await open(location);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
      const kind = archiveKind(buffer.subarray(0, bytesRead));
      return typeof kind === "string" ? kind : undefined;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (machineCode(error) !== undefined) throw readFailure(location, error);
    // whoever looks at the file next says why
    return undefined;
  }
}

/** By name first: a .docx, an .npz and a .jar are zips, too. */
async function findArchives(files: readonly ListedFile[]): Promise<readonly FoundArchive[]> {
  const found: FoundArchive[] = [];
  for (const file of files) {
    const folder = archiveStem(file.path);
    const kind = folder === undefined ? undefined : await kindOf(file);
    if (folder !== undefined && kind !== undefined) found.push({ file, kind, folder });
  }
  return found;
}

async function holdImages(files: readonly ListedFile[], signal: AbortSignal | undefined): Promise<boolean> {
  if (files.some(({ path }) => isNamedLikeImage(path))) return true;
  for (const file of files) {
    throwIfCancelled(signal);
    if (!isNamedLikeDocument(file.path) && (await sniffFile(file)).type === "image") return true;
  }
  return false;
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** "cats.zip, dogs.zip and 4 more", "cats.zip and dogs.zip". */
function listNames(paths: readonly string[]): string {
  const [first = "", second = ""] = paths.map(visibleText);
  return paths.length === 2 ? `${first} and ${second}` : nameFew(paths);
}

/** An archive that carries the name of a folder beside it, or of one that it lies in, is what that was unpacked from. */
function isPackedCopy(folder: string, { files }: Listing, source: string): boolean {
  const around = [...source.split(/[\\/]/), ...folder.split("/").slice(0, -1)];
  if (around.some((name) => isSameName(name, baseName(folder)))) return true;
  const isBelow = (path: string): boolean => isSameName(path.slice(0, folder.length + 1), `${folder}/`);
  return files.some(({ path }) => isBelow(path) && !isNamedLikeDocument(path));
}

function leaveOut(
  listing: Listing,
  archives: readonly { readonly path: string; readonly folder: string }[],
  source: string,
): Listing {
  const paths = new Set(archives.map(({ path }) => path));
  const strangers = archives.filter(({ folder }) => !isPackedCopy(folder, listing, source));
  const names = listNames(strangers.map(({ path }) => path));
  const [is, them, what] =
    strangers.length === 1 ? ["is", "it", "it if it holds"] : ["are", "them", "those that hold"];
  const message = `${names} ${is} left out, because there are images beside ${them}: unpack ${what} more images of the data set`;
  const note: DatasetNote = { code: "archives-beside-images", message };
  return {
    ...listing,
    files: listing.files.filter(({ path }) => !paths.has(path)),
    passed: listing.passed.filter(({ path }) => !paths.has(path)),
    skipped: [...listing.skipped, ...archives.map(({ path }) => ({ path, reason: BESIDE_IMAGES }))],
    notes: [...(listing.notes ?? []), ...(strangers.length > 0 ? [note] : [])],
  };
}

/** Two archives of one name would fall into one folder, and most often they are the same images twice. */
function checkNames(archives: readonly FoundArchive[], source: string): void {
  const seen = new Map<string, string>();
  for (const { folder, file } of archives) {
    const other = seen.get(folder.normalize("NFC"));
    seen.set(folder.normalize("NFC"), file.path);
    if (other === undefined) continue;
    const what = `${visibleText(source)} has ${listNames([other, file.path])}, which would both be read as the folder ${visibleText(folder)}.`;
    throw new CoreError("bad-input", { what, fix: "Keep one of them, or give it another name." });
  }
}

/**
 * What is to be left out of the paths in an archive: "cats/" where cats.zip holds all its images in a folder cats, as
 * many programs pack one.
 */
function wrapping({ files, folders }: Listing, folder: string): string {
  const [top, ...others] = folders.filter((path) => !path.includes("/"));
  if (top === undefined || others.length > 0 || !isSameName(top, baseName(folder))) return "";
  return files.some(({ path }) => !path.includes("/") && isNamedLikeImage(path)) ? "" : `${top}/`;
}

/** The listing of an archive as that of a folder inside. */
function moveInto(folder: string, listing: Listing): Listing {
  const wrap = wrapping(listing, folder);
  const moved = (path: string): string =>
    `${folder}/${path.startsWith(wrap) ? path.slice(wrap.length) : path}`;
  const move = <T extends { readonly path: string }>(items: readonly T[]): readonly T[] =>
    items.map((item) => ({ ...item, path: moved(item.path) }));
  const inner = listing.folders.filter((path) => `${path}/` !== wrap).map(moved);
  return {
    files: move(listing.files),
    passed: move(listing.passed),
    folders: [folder, ...inner],
    skipped: move(listing.skipped),
    broken: move(listing.broken),
    closed: move(listing.closed),
    notes: listing.notes ?? [],
  };
}

function merge(outer: Listing, parts: readonly Listing[], note: DatasetNote): Listing {
  const all = <T>(of: (listing: Listing) => readonly T[]): readonly T[] => [outer, ...parts].flatMap(of);
  return {
    files: all(({ files }) => files),
    passed: all(({ passed }) => passed),
    folders: [...new Set(all(({ folders }) => folders))],
    skipped: all(({ skipped }) => skipped),
    broken: all(({ broken }) => broken),
    closed: all(({ closed }) => closed),
    notes: [note, ...all(({ notes = [] }) => notes)],
  };
}

/** What the archives of a data set came to so far, and what keeps them. */
interface Opened {
  before: SizesBefore;
  readonly leases: AsyncDisposable[];
}

async function readAsFolders(
  listing: Listing,
  found: readonly FoundArchive[],
  options: ExpandOptions,
  opened: Opened,
): Promise<Listing> {
  const { home, source, levels = LEVELS } = options;
  checkNames(found, source);
  const archives = found.map(({ file, kind }) => ({
    path: file.location,
    kind,
    shown: `${source}/${file.path}`,
  }));
  const inner: readonly LeasedListing[] = await openArchives(archives, home, {
    ...options,
    before: opened.before,
  });
  opened.leases.push(...inner.map(({ lease }) => lease));
  for (const { sizes } of inner)
    opened.before = {
      entries: opened.before.entries + sizes.entries,
      totalBytes: opened.before.totalBytes + sizes.totalBytes,
    };
  const parts: Listing[] = [];
  for (const [at, { folder }] of found.entries()) {
    const [archive, unpacked] = [archives[at], inner[at]];
    if (archive === undefined || unpacked === undefined) throw new Error("an archive was opened to nothing");
    const deeper = { ...options, source: archive.shown, levels: levels - 1 };
    parts.push(moveInto(folder, await expand(unpacked, deeper, opened)));
  }
  const paths = new Set(found.map(({ file }) => file.path));
  const verb = found.length === 1 ? "is read as a folder" : "are read as folders";
  const message = `${listNames([...paths])} ${verb}`;
  const rest = { ...listing, files: listing.files.filter(({ path }) => !paths.has(path)) };
  return merge(rest, parts, { code: "archives-as-folders", message });
}

async function expand(listing: Listing, options: ExpandOptions, opened: Opened): Promise<Listing> {
  const { signal, source, levels = LEVELS } = options;
  const found = await findArchives(listing.files);
  const besides = listing.passed.filter(({ reason }) => reason === BESIDE_IMAGES);
  const left = besides.map(({ path }) => ({ path, folder: archiveStem(path) ?? path }));
  if (found.length === 0) return left.length === 0 ? listing : leaveOut(listing, left, source);
  const archived = new Set(found.map(({ file }) => file));
  const others = listing.files.filter((file) => !archived.has(file));
  if (await holdImages(others, signal)) {
    const named = found.map(({ file: { path }, folder }) => ({ path, folder }));
    return leaveOut(listing, [...named, ...left], source);
  }
  if (levels > 0) return readAsFolders(listing, found, options, opened);
  const reason = "an archive in an archive in an archive";
  const tooDeep = found.map(({ file: { path } }) => ({ path, reason }));
  return { ...listing, files: others, skipped: [...listing.skipped, ...tooDeep] };
}

/**
 * Reads the archives of a data set that holds no image beside them (cats.zip and dogs.zip; train.zip and test.zip; what
 * Kaggle packs into one .zip) as folders of their names. Where an image lies beside them, in whatever folder, they are
 * left out: they are the packed copies of what lies there, or nobody can tell. So no image counts twice.
 * @param listing of a folder, or of an archive (then with `levels: 1`: archives lie at most two deep). Its lease goes
 *   over to the result, and is disposed of when this throws.
 * @throws CoreError `bad-input` for two archives that would be one folder; as `openArchives`, whose limits hold for all
 *   of them together.
 */
export async function expandArchives(listing: Listing, options: ExpandOptions): Promise<Listing> {
  const leases = listing.lease === undefined ? [] : [listing.lease];
  const opened = { before: options.before ?? { entries: 0, totalBytes: 0 }, leases };
  const lease = {
    async [Symbol.asyncDispose]() {
      for (const each of leases) await each[Symbol.asyncDispose]();
    },
  };
  try {
    return { ...(await expand(listing, options, opened)), lease };
  } catch (error) {
    await lease[Symbol.asyncDispose]();
    throw error;
  }
}
