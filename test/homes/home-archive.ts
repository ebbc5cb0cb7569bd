import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, constants } from "node:zlib";
import { extract, pack } from "tar-stream";

/** Stands for the folder that everything lies in: records name their data set and their model by absolute paths. */
const PLACEHOLDER = "@ROOT@";
/** The only files whose paths are rewritten; a model folder has none, as its files carry checksums. */
const REWRITTEN = /(^|\/)(run\.json|events\.jsonl)$/;

/** A path as it stands between quotes in JSON. */
const inJson = (path: string): string => JSON.stringify(path).slice(1, -1);

/** tar-stream's types leave out that its streams give bytes. */
function bytesOf(chunk: unknown): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  throw new TypeError("a stream of an archive gives bytes");
}

/**
 * Packs a folder as `.tar.br`, for a repository: Brotli's window is wide enough to see that two models share a trunk.
 * @throws Error when a file that is not rewritten names the folder.
 */
export async function packHome(root: string): Promise<Buffer> {
  const tar = pack();
  const chunks: Buffer[] = [];
  tar.on("data", (chunk) => chunks.push(bytesOf(chunk)));
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  for (const path of paths.sort()) {
    const name = relative(root, path).split(sep).join("/");
    const bytes = await readFile(path);
    if (REWRITTEN.test(name)) {
      tar.entry({ name }, bytes.toString("utf8").replaceAll(inJson(root), PLACEHOLDER));
    } else if (bytes.includes(root)) throw new Error(`${name} names ${root}, and is not rewritten`);
    else tar.entry({ name }, bytes);
  }
  tar.finalize();
  await once(tar, "end");
  const params = { [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS };
  return promisify(brotliCompress)(Buffer.concat(chunks), { params });
}

/** Unpacks what {@link packHome} made into a folder, and writes that folder's path where the old one stood. */
export async function unpackHome(archive: string, root: string): Promise<void> {
  const tar = extract();
  tar.end(await promisify(brotliDecompress)(await readFile(archive)));
  for await (const entry of tar) {
    const { name } = entry.header;
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(bytesOf(chunk));
    const bytes = Buffer.concat(chunks);
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    const text = (): string => bytes.toString("utf8").replaceAll(PLACEHOLDER, inJson(root));
    await writeFile(path, REWRITTEN.test(name) ? text() : bytes);
  }
}
