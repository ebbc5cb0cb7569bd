import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { PassThrough, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { junkInPath } from "./junk.ts";

const numbered = z.string().regex(/^\d+$/);

/** What an unpacked archive holds; written beside the files, so that opening it again unpacks nothing. */
export const archiveManifestSchema = z.object({
  version: z.literal(1),
  files: z.array(z.object({ path: z.string(), file: numbered, bytes: z.int().min(0) })),
  folders: z.array(z.string()),
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })),
});
export type ArchiveManifest = z.infer<typeof archiveManifestSchema>;

/**
 * Takes the entries of an archive. Files are stored under numbers: no name from an archive becomes a path on disk, so
 * traversal, names that Windows reserves, names that differ in case only and overlong ones have nothing to act on.
 */
export class ArchiveSink {
  private readonly files = new Map<string, { path: string; file: string; bytes: number }>();
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

  /** Stores a wanted file. @param check passes the bytes on, or fails. */
  async addFile(
    path: string,
    bytes: number,
    content: AsyncIterable<Uint8Array>,
    check: Transform = new PassThrough(),
  ): Promise<void> {
    const file = String(this.count++);
    await pipeline(content, check, createWriteStream(join(this.folder, file), { flags: "wx" }));
    // as unpacking programs do: of two entries with one name the later is meant
    if (this.files.has(path)) this.skip(path, "the archive holds it twice; the later one is taken");
    this.files.set(path, { path, file, bytes });
  }

  manifest(): ArchiveManifest {
    return {
      version: 1,
      files: [...this.files.values()],
      folders: [...this.folders],
      skipped: [...this.skipped].map(([path, reason]) => ({ path, reason })),
    };
  }
}
