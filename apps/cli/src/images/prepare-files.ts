import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { ImagePool } from "@graft/core";
import { type CoreError, type ImageRule, isOfOneFile } from "@graft/core";
import { readFailure } from "@graft/core/node";
import type { NamedImage } from "./image-paths.ts";

/** A file as the trunk sees it, [size, size, 3], or why it cannot be used. */
export type PreparedFile = UsableFile | { readonly path: string; readonly error: CoreError };

export interface UsableFile {
  readonly path: string;
  /** sha256 of the content, hex. */
  readonly hash: string;
  readonly image: Uint8Array;
}

/**
 * Prepares files one batch ahead of whoever takes them; a file that cannot be used stops nothing.
 * @throws CoreError `cancelled`; `unreadable` for trouble of the machine or of a folder.
 */
export async function* prepareFiles(
  images: readonly NamedImage[],
  batch: number,
  pool: ImagePool,
  rule: ImageRule,
): AsyncGenerator<PreparedFile[]> {
  const start = (at: number): Promise<PreparedFile[]> =>
    Promise.all(images.slice(at, at + batch).map((image) => prepareFile(image, pool, rule)));
  let next = start(0);
  for (let at = 0; at < images.length; at += batch) {
    const current = await next;
    next = start(at + batch);
    yield current;
  }
}

async function prepareFile(named: NamedImage, pool: ImagePool, rule: ImageRule): Promise<PreparedFile> {
  if ("error" in named) return named;
  const { path } = named;
  try {
    const bytes = await readFile(path).catch((error: unknown) => {
      throw readFailure(path, error);
    });
    const hash = createHash("sha256").update(bytes).digest("hex");
    const [image] = await pool.prepare({ path, hash }, rule, null, [0]);
    if (image === undefined) throw new TypeError("the pool gives one image for each variant");
    return { path, image, hash };
  } catch (cause) {
    if (!isOfOneFile(cause)) throw cause;
    return { path, error: cause };
  }
}
