import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";

/** A tar's entry: a file with its content, or a link or pipe without. */
export interface TarEntry {
  readonly name: string;
  readonly content?: Uint8Array;
  readonly type?: "file" | "symlink" | "link" | "fifo";
  readonly linkname?: string;
}

/** A tar of these entries; names are written as they are. */
export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content, ...header } of entries) tar.entry(header, Buffer.from(content ?? []));
  tar.finalize();
  return buffer(tar as AsyncIterable<Uint8Array>); // streamx's chunks are typed as anything
}
