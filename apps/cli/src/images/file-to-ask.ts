import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { AskedImage, ImagePool, ImageRule } from "@graft/core";
import { readFailure } from "@graft/core/node";
import type { NamedImage } from "./image-paths.ts";

/** A file that a model is asked about; what was read first is what is read again. */
export class FileToAsk implements AskedImage {
  readonly #named: NamedImage;
  readonly #pool: Pick<ImagePool, "inspect" | "prepare">;
  #hash: string | undefined;

  constructor(named: NamedImage, pool: Pick<ImagePool, "inspect" | "prepare">) {
    this.#named = named;
    this.#pool = pool;
  }

  get name(): string {
    return this.#named.path;
  }

  /** @throws CoreError as `ImagePool.prepare`, `unreadable`, and what is known of the file already. */
  async prepare(rule: ImageRule): Promise<Uint8Array> {
    if ("error" in this.#named) throw this.#named.error;
    const { path } = this.#named;
    this.#hash ??= await hashOf(path);
    const [image] = await this.#pool.prepare({ path, hash: this.#hash }, rule, null, [0]);
    if (image === undefined) throw new TypeError("the pool gives one image for each variant");
    return image;
  }

  async dimensions(): Promise<{ readonly width: number; readonly height: number }> {
    const { width, height } = (await this.#pool.inspect(this.#named.path)).facts;
    return { width, height };
  }
}

/** sha256 of a file's content, hex. */
async function hashOf(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw readFailure(path, error);
  });
  return createHash("sha256").update(bytes).digest("hex");
}
