import { type FileHandle, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { type HeldFile, holdFile } from "../files/held-file-node.ts";
import { isAlive, newTag, parseOwnerTag } from "../files/owner-node.ts";
import { writeAll } from "../files/write-all-node.ts";

/** What the server said of the file that a part is the beginning of. */
const originSchema = z.object({
  url: z.string(),
  /** Sent as If-Range: the server goes on only when the file is still the same. */
  validator: z.string().optional(),
});
export type PartOrigin = z.infer<typeof originSchema>;

/** What another machine, or an older graft, left is given up after so long without a new byte. */
const FOREIGN_PART_MS = 24 * 3_600_000;

/** Removes the files of their own that killed processes had beside a part. */
async function sweepParts(target: string): Promise<void> {
  const prefix = `${basename(target)}.`;
  for (const name of await readdir(dirname(target))) {
    const [, tag = ""] = /^([\da-f]+(?:-[\da-f]+)+)\.part(?:\.json)?$/.exec(name.slice(prefix.length)) ?? [];
    if (!name.startsWith(prefix) || tag === "") continue;
    const path = join(dirname(target), name);
    const silentMs = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
    const owner = parseOwnerTag(tag);
    const isLive = owner ? isAlive(owner, silentMs, FOREIGN_PART_MS) : silentMs < FOREIGN_PART_MS;
    if (!isLive) await rm(path, { force: true });
  }
}

/**
 * The file that a download grows in, `TARGET.part`, with its origin beside it. Who comes second while a download of the
 * same target runs gets a file of its own, `TARGET.OWNER.part`, that nobody resumes, so two processes never write one
 * file.
 */
export class PartFile implements AsyncDisposable {
  readonly path: string;
  /** Bytes that are there. */
  size = 0;
  readonly #lock: HeldFile | undefined;
  readonly #handle: FileHandle;

  private constructor(path: string, lock: HeldFile | undefined, handle: FileHandle) {
    this.path = path;
    this.#lock = lock;
    this.#handle = handle;
  }

  static async claim(target: string): Promise<PartFile> {
    const held = await holdFile(`${target}.part.lock`);
    const lock = "holder" in held ? undefined : held;
    const path = lock ? `${target}.part` : `${target}.${newTag()}.part`;
    try {
      if (lock) await sweepParts(target);
      // opened for reading and writing, made when absent, never cut
      const handle = await open(path, "a").then(async (made) => {
        await made.close();
        return open(path, "r+");
      });
      const part = new PartFile(path, lock, handle);
      part.size = (await handle.stat()).size;
      return part;
    } catch (error) {
      await lock?.release();
      throw error;
    }
  }

  /** @returns undefined when nobody knows where the bytes came from. */
  async origin(): Promise<PartOrigin | undefined> {
    try {
      return originSchema.parse(JSON.parse(await readFile(`${this.path}.json`, "utf8")));
    } catch {
      return undefined; // none yet, or cut off by a kill: the download starts from its beginning
    }
  }

  /** Empties the file and notes what comes next. */
  async restart(origin: PartOrigin): Promise<void> {
    if (this.size > 0) await this.#handle.truncate(0);
    this.size = 0;
    await writeFile(`${this.path}.json`, JSON.stringify(origin));
  }

  async append(chunk: Uint8Array): Promise<void> {
    await writeAll(this.#handle, chunk, this.size);
    this.size += chunk.length;
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  /** Deletes the part and its origin; the lock stays until disposal. */
  async remove(): Promise<void> {
    await Promise.all([this.path, `${this.path}.json`].map((path) => rm(path, { force: true })));
  }

  /** Forgets the origin of a part that was renamed. */
  async forget(): Promise<void> {
    await rm(`${this.path}.json`, { force: true });
  }

  /** Closes it; a part that nobody can go on from is deleted. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
    if (this.#lock === undefined || this.size === 0) await this.remove();
    await this.#lock?.release();
  }
}
