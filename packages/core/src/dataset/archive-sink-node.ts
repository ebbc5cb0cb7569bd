import { createWriteStream } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as z from "zod";
import { settleBoth } from "../concurrency/settle-both.ts";
import { archiveKind, archiveStem, BESIDE_IMAGES } from "./archive-kind.ts";
import { type ArchiveLeaf, ArchiveTree, type KeptContent } from "./archive-tree.ts";
import { isTableName, MOST_TABLE_BYTES, MOST_TABLES } from "./layout/label-table.ts";
import { HEAD_BYTES, sniffHead } from "./sniff-file-node.ts";

/**
 * Raised where the same archive is unpacked into other files, or they get another meaning: also where `sniffHead` takes
 * more of them for images, since of all else no byte is kept.
 */
export const ARCHIVE_STORE_VERSION = 2;

const numbered = z.string().regex(/^\d+$/);

/**
 * What an unpacked archive holds; written beside the files, so that opening it again unpacks nothing. Its version rises
 * when more files than before are known as images: those that an earlier graft passed over were not written.
 */
export const archiveManifestSchema = z.object({
  version: z.literal(ARCHIVE_STORE_VERSION),
  /** Two may have one file, by a link. */
  files: z.array(z.object({ path: z.string(), file: numbered, bytes: z.int().min(0) })),
  /** Files that are no images by their first bytes, so that they were not written. */
  passed: z.array(z.object({ path: z.string(), reason: z.string() })),
  folders: z.array(z.string()),
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
  /** Names that are not UTF-8: how they were read, and one of them. */
  foreignNames: z.object({ readAs: z.enum(["CP437", "bytes"]), example: z.string() }).optional(),
});
export type ArchiveManifest = z.infer<typeof archiveManifestSchema>;
export type ForeignNames = NonNullable<ArchiveManifest["foreignNames"]>;

/** The first chunks, `HEAD_BYTES` or more of them unless all ends before. */
async function readHead(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const head: Uint8Array[] = [];
  for (let length = 0; length < HEAD_BYTES; ) {
    const next = await chunks.next();
    if (next.done) break;
    head.push(next.value);
    length += next.value.length;
  }
  return Buffer.concat(head);
}

async function* joined(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/**
 * Takes the entries of an archive. Files are stored under numbers: no name from an archive becomes a path on disk, so
 * traversal, names that Windows reserves, names that differ in case only and overlong ones have nothing to act on.
 */
export class ArchiveSink {
  readonly #tree = new ArchiveTree();
  readonly #folder: string;
  #count = 0;
  #tables = 0;
  #foreignNames: ForeignNames | undefined;

  /** @param folder exists and is empty. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Notes why an entry is passed over. */
  skip(path: string, reason: string): void {
    this.#tree.add(path, { type: "other", reason });
  }

  addFolder(path: string): void {
    this.#tree.addFolder(path);
  }

  /** @param target as it stands in the archive: from the link's folder. */
  addSymlink(path: string, target: string): void {
    this.#tree.add(path, { type: "symlink", target });
  }

  /** @param target the path of an entry that came before. */
  addHardLink(path: string, target: string): void {
    this.#tree.addHardLink(path, target);
  }

  /** Notes a name that is not UTF-8; the first one is shown. */
  addForeignName(readAs: ForeignNames["readAs"], example: string): void {
    this.#foreignNames ??= { readAs, example };
  }

  /**
   * Stores a file that is, or should be, an image, or is an archive; of any other only the name is kept (texts, videos:
   * creating a file for each was most of the time of an archive of notes). Junk is stored too, until `finish`: a link may
   * lead to it. @param check passes the bytes on, or fails.
   */
  async addFile(
    path: string,
    bytes: number,
    content: AsyncIterable<Uint8Array>,
    check: Transform = new PassThrough(),
  ): Promise<void> {
    let storing: Promise<void> | undefined;
    const fed = pipeline(content, check, (chunks: AsyncIterable<Uint8Array>) => {
      storing = this.#store(path, bytes, chunks[Symbol.asyncIterator]());
      return storing;
    });
    await settleBoth(fed, () => storing);
  }

  async #store(path: string, bytes: number, chunks: AsyncIterator<Uint8Array>): Promise<void> {
    const head = await readHead(chunks);
    const file = this.#take(path, bytes, head);
    if (file !== undefined) await pipeline(joined(head, chunks), createWriteStream(file, { flags: "wx" }));
    else for (let next = await chunks.next(); !next.done; ) next = await chunks.next();
  }

  /** `addFile` of content that is in memory, and right. */
  async addBytes(path: string, content: Uint8Array): Promise<void> {
    const file = this.#take(path, content.length, content);
    if (file !== undefined) await writeFile(file, content, { flag: "wx" });
  }

  /** Notes a file by its first bytes. @returns where it is to be written, if it is. */
  #take(path: string, bytes: number, start: Uint8Array): string | undefined {
    const head = start.subarray(0, HEAD_BYTES);
    const sniffed = sniffHead(path, head);
    const content = sniffed.type === "skipped" ? this.#otherContent(path, bytes, head) : "image";
    if (sniffed.type === "skipped" && content === undefined) {
      this.#tree.add(path, { type: "passed", reason: sniffed.reason });
      return undefined;
    }
    const file = String(this.#count++);
    const leaf: ArchiveLeaf = { type: "file", file, bytes, content: content ?? "image" };
    this.#tree.add(path, leaf);
    return join(this.#folder, file);
  }

  /** Why a file that is no image is kept all the same. */
  #otherContent(path: string, bytes: number, head: Uint8Array): KeptContent | undefined {
    if (archiveStem(path) !== undefined && typeof archiveKind(head) === "string") return "archive";
    const isTable = isTableName(path) && bytes <= MOST_TABLE_BYTES && this.#tables < MOST_TABLES;
    if (isTable) this.#tables++;
    return isTable ? "table" : undefined;
  }

  /** Removes files that nothing reads (junk, one of two with a name, archives beside images). @returns what there is. */
  async finish(): Promise<ArchiveManifest> {
    const { files, passed, folders, skipped } = this.#tree.contents();
    const holdsImages = files.some(({ content }) => content === "image");
    const kept = files.filter(({ content }) => !(content === "archive" && holdsImages));
    const left = files.filter(({ content }) => content === "archive" && holdsImages);
    const read = new Set(kept.map(({ file }) => file));
    for (let at = 0; at < this.#count; at++)
      if (!read.has(String(at))) await rm(join(this.#folder, String(at)), { force: true });
    const foreignNames = this.#foreignNames;
    return {
      version: ARCHIVE_STORE_VERSION,
      files: kept.map(({ path, file, bytes }) => ({ path, file, bytes })),
      passed: [...passed, ...left.map(({ path }) => ({ path, reason: BESIDE_IMAGES }))],
      folders: [...folders],
      skipped: [...skipped],
      ...(foreignNames === undefined ? {} : { foreignNames }),
    };
  }
}
