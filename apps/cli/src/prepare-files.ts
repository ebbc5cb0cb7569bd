import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CoreError, type ImageRule } from "@graft/core";
import type { ImagePool } from "@graft/core/node";
import type { NamedImage } from "./image-paths.ts";

/** A file as the trunk sees it, [size, size, 3], or why it can not be used. */
export type PreparedFile = UsableFile | { readonly path: string; readonly error: CoreError };

export interface UsableFile {
  readonly path: string;
  /** sha256 of the content, hex. */
  readonly hash: string;
  readonly image: Uint8Array;
}

/** Prepares files one batch ahead of whoever takes them; a file that can not be used stops nothing. */
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
    const hash = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    const [image] = await pool.prepare({ path, hash }, rule, null, [0]);
    if (image === undefined) throw new TypeError("the pool gives one image for each variant");
    return { path, image, hash };
  } catch (cause) {
    if (cause instanceof CoreError && cause.code !== "cancelled") return { path, error: cause };
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    const error = new CoreError("bad-input", { what: `The file can not be read: ${cause.message}.` });
    return { path, error };
  }
}
