import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { junkInPath } from "./junk.ts";
import { HEAD_BYTES, sniffHead } from "./sniff-file-node.ts";

const numbered = z.string().regex(/^\d+$/);

/**
 * What an unpacked archive holds; written beside the files, so that opening it again unpacks nothing. Its version rises
 * when more files than before are known as images: those that an earlier graft passed over were not written.
 */
export const archiveManifestSchema = z.object({
  version: z.literal(2),
  files: z.array(z.object({ path: z.string(), file: numbered, bytes: z.int().min(0) })),
  /** Files that are no images by their first bytes, so that they were not written. */
  passed: z.array(z.object({ path: z.string(), reason: z.string() })).default([]),
  folders: z.array(z.string()),
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
});
export type ArchiveManifest = z.infer<typeof archiveManifestSchema>;

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
  private readonly files = new Map<string, { path: string; file: string; bytes: number }>();
  private readonly passed = new Map<string, string>();
  private readonly folders = new Set<string>();
  private readonly skipped = new Map<string, string>();
  private count = 0;
  private readonly folder: string;

  /** @param folder exists and is empty. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Notes why an entry is passed over. */
  skip(path: string, reason: string): void {
    this.skipped.set(path, reason);
  }

  /** True when the entry is part of the data set; notes junk (dot files, `__MACOSX`). */
  wants(path: string): boolean {
    if (path === "") return false;
    const junk = junkInPath(path);
    if (junk !== undefined) this.skip(junk.path, junk.reason);
    return junk === undefined;
  }

  addFolder(path: string): void {
    if (this.wants(path)) this.folders.add(path);
  }

  /**
   * Stores a wanted file that is, or should be, an image; of any other only the name is kept (texts, videos: creating a
   * file for each was most of the time of an archive of notes). @param check passes the bytes on, or fails.
   */
  async addFile(
    path: string,
    bytes: number,
    content: AsyncIterable<Uint8Array>,
    check: Transform = new PassThrough(),
  ): Promise<void> {
    await pipeline(content, check, async (chunks: AsyncIterable<Uint8Array>) => {
      const rest = chunks[Symbol.asyncIterator]();
      const head = await readHead(rest);
      const file = this.take(path, bytes, head);
      if (file !== undefined) await pipeline(joined(head, rest), createWriteStream(file, { flags: "wx" }));
      else for (let next = await rest.next(); !next.done; ) next = await rest.next();
    });
  }

  /** `addFile` of content that is in memory, and right. */
  async addBytes(path: string, content: Uint8Array): Promise<void> {
    const file = this.take(path, content.length, content);
    if (file !== undefined) await writeFile(file, content, { flag: "wx" });
  }

  /** Notes a file by its first bytes. @returns where it is to be written, if it is. */
  private take(path: string, bytes: number, start: Uint8Array): string | undefined {
    // as unpacking programs do: of two entries with one name the later is meant
    const isTwice = this.files.delete(path) || this.passed.delete(path);
    if (isTwice) this.skip(path, "the archive holds it twice; the later one is taken");
    const sniffed = sniffHead(path, start.subarray(0, HEAD_BYTES));
    if (sniffed.type === "skipped") {
      this.passed.set(path, sniffed.reason);
      return undefined;
    }
    const file = String(this.count++);
    this.files.set(path, { path, file, bytes });
    return join(this.folder, file);
  }

  manifest(): ArchiveManifest {
    return {
      version: 2,
      files: [...this.files.values()],
      passed: [...this.passed].map(([path, reason]) => ({ path, reason })),
      folders: [...this.folders],
      skipped: [...this.skipped].map(([path, reason]) => ({ path, reason })),
    };
  }
}
