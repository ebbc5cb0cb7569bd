import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CoreError, type ImageRule } from "@graft/core";
import type { ImagePool } from "@graft/core/node";

/** A file as the trunk sees it, [size, size, 3], or why it can not be used. */
export type PreparedFile =
  | { readonly path: string; readonly image: Uint8Array }
  | { readonly path: string; readonly error: CoreError };

/** Prepares files one batch ahead of whoever takes them; a file that can not be used stops nothing. */
export async function* prepareFiles(
  paths: readonly string[],
  batch: number,
  pool: ImagePool,
  rule: ImageRule,
): AsyncGenerator<PreparedFile[]> {
  const start = (at: number): Promise<PreparedFile[]> =>
    Promise.all(paths.slice(at, at + batch).map((path) => prepareFile(path, pool, rule)));
  let next = start(0);
  for (let at = 0; at < paths.length; at += batch) {
    const current = await next;
    next = start(at + batch);
    yield current;
  }
}

async function prepareFile(path: string, pool: ImagePool, rule: ImageRule): Promise<PreparedFile> {
  try {
    const hash = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    const [image] = await pool.prepare({ path, hash }, rule, null, [0]);
    if (image === undefined) throw new TypeError("the pool gives one image for each variant");
    return { path, image };
  } catch (cause) {
    if (cause instanceof CoreError && cause.code !== "cancelled") return { path, error: cause };
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    const error = new CoreError("bad-input", { what: `The file can not be read: ${cause.message}.` });
    return { path, error };
  }
}
