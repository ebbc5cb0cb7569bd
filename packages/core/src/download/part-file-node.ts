import { readFileSync, statSync } from "node:fs";
import { type FileHandle, open, readFile, rm, writeFile } from "node:fs/promises";
import { z } from "zod";
import { processExists } from "../files/owner-node.ts";
import { codeOf } from "../files/system-error-node.ts";

/** What the server said of the file that a part is the beginning of. */
const originSchema = z.object({
  url: z.string(),
  /** Sent as If-Range: the server goes on only when the file is still the same. */
  validator: z.string().optional(),
});
export type PartOrigin = z.infer<typeof originSchema>;

let privateParts = 0;

/** A lock is made and then written: empty, it is somebody's that is about to be. */
const EMPTY_LIMIT_MS = 5000;

/** True while the process that wrote this lock may still use the part. */
function isHeld(lock: string): boolean {
  let text: string;
  try {
    text = readFileSync(lock, "utf8");
    if (text === "") return Date.now() - statSync(lock).mtimeMs < EMPTY_LIMIT_MS;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false; // given up meanwhile
    throw error;
  }
  const pid = Number(text);
  return Number.isInteger(pid) && pid > 0 && processExists(pid);
}

/** Takes the lock, also from a process that was killed. */
async function takeLock(lock: string): Promise<boolean> {
  for (const attempt of [1, 2]) {
    try {
      await writeFile(lock, `${process.pid}`, { flag: "wx" });
      return true;
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
      if (attempt === 2 || isHeld(lock)) return false;
      await rm(lock, { force: true });
    }
  }
  return false;
}

/**
 * The file that a download grows in, `TARGET.part`, with its origin beside it. Who comes second while a download of the
 * same target runs gets a file of its own that nobody resumes, so two processes never write one file.
 */
export class PartFile implements AsyncDisposable {
  readonly path: string;
  /** Bytes that are there. */
  size = 0;
  readonly #lock: string | undefined;
  readonly #handle: FileHandle;

  private constructor(path: string, lock: string | undefined, handle: FileHandle) {
    this.path = path;
    this.#lock = lock;
    this.#handle = handle;
  }

  static async claim(target: string): Promise<PartFile> {
    const lock = `${target}.part.lock`;
    const isFirst = await takeLock(lock);
    const path = isFirst ? `${target}.part` : `${target}.${process.pid}-${++privateParts}.part`;
    try {
      // opened for reading and writing, made when absent, never cut
      const handle = await open(path, "a").then(async (made) => {
        await made.close();
        return open(path, "r+");
      });
      const part = new PartFile(path, isFirst ? lock : undefined, handle);
      part.size = (await handle.stat()).size;
      return part;
    } catch (error) {
      if (isFirst) await rm(lock, { force: true });
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
    for (let rest = chunk; rest.length > 0; ) {
      const { bytesWritten } = await this.#handle.write(rest, 0, rest.length, this.size);
      this.size += bytesWritten;
      rest = rest.subarray(bytesWritten);
    }
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
    if (this.#lock !== undefined) await rm(this.#lock, { force: true });
  }
}
