import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { CoreError } from "../errors.ts";
import { withHdf5 } from "./hdf5.ts";
import { readKerasArchive } from "./keras-archive-node.ts";
import { type MatchedTensors, matchTensors } from "./match-tensors.ts";
import { parseTfjsModel, type TfjsManifest, tfjsTensors } from "./tfjs-weights.ts";

const unzip = promisify(gunzip);

/** An unpacked InceptionV3 with optimiser slots has 400 MB. */
const MAX_UNPACKED_BYTES = 2 ** 30;

/** @throws CoreError `not-found`, `bad-input` for a folder or a file that can not be read. */
export async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const facts = { path };
    if (code === "ENOENT" || code === "ENOTDIR") {
      const what = "There are no such weights.";
      const expected = "auto, bundled, imagenet, a .h5, .h5.gz, .keras or model.json file, or a URL";
      throw new CoreError("not-found", { what, received: path, expected }, { cause, facts });
    }
    const what = "The weights can not be read.";
    const isFolder = code === "EISDIR";
    const fix = isFolder ? "Name the file in it: model.json, a .h5 or a .keras." : "Make it readable.";
    throw new CoreError("bad-input", { what, received: `${path} (${code})`, fix }, { cause, facts });
  }
}

/** Name of a shard beside its model.json. @throws CoreError `corrupt` for one that leaves the model's folder. */
export function shardName(name: string, origin: string): string {
  const plain = normalize(name);
  if (!isAbsolute(plain) && !plain.startsWith("..")) return plain;
  const what = `${origin} names a shard outside of its folder.`;
  throw new CoreError("corrupt", { what, received: name }, { facts: { origin } });
}

async function readShards(manifest: TfjsManifest, path: string): Promise<Uint8Array[]> {
  const folder = dirname(path);
  return Promise.all(
    manifest.map(async ({ paths }) =>
      Buffer.concat(await Promise.all(paths.map((name) => readBytes(join(folder, shardName(name, path)))))),
    ),
  );
}

const startsWith = (bytes: Uint8Array, ...signature: readonly number[]): boolean =>
  signature.every((byte, i) => bytes[i] === byte);

/** True for a tfjs model.json; told by its first character, as every format is by its first bytes. */
export const isJson = (bytes: Uint8Array): boolean =>
  /^\s*\{/.test(Buffer.from(bytes.subarray(0, 64)).toString());

async function unpack(bytes: Buffer, origin: string): Promise<Buffer> {
  try {
    return await unzip(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (cause) {
    const what = `${origin} can not be unpacked.`;
    const fix = "Fetch or copy the file again; it may have been cut off.";
    throw new CoreError("corrupt", { what, received: String(cause), fix }, { cause, facts: { origin } });
  }
}

/**
 * The trunk's tensors out of a weights file's bytes: .h5, .h5.gz, .keras or model.json (its shards are read beside it).
 * @param path of the file, for errors and shards.
 * @throws CoreError `corrupt` with the path, `weights-mismatch`.
 */
export async function readWeights(bytes: Buffer, path: string): Promise<MatchedTensors> {
  if (startsWith(bytes, 0x1f, 0x8b)) return readWeights(await unpack(bytes, path), path);
  if (startsWith(bytes, 0x50, 0x4b, 3, 4)) {
    const weights = await readKerasArchive(bytes, path);
    return withHdf5(weights, path, (found) => matchTensors(found, path));
  }
  if (isJson(bytes)) {
    const manifest = parseTfjsModel(bytes.toString("utf8"), path);
    return matchTensors(tfjsTensors(manifest, await readShards(manifest, path), path), path);
  }
  if (startsWith(bytes, 0x3c)) {
    const what = `${path} is a web page, not weights.`;
    const fix =
      "Something on the way (a login page, a proxy) answered instead of the server; fetch the file again.";
    throw new CoreError("corrupt", { what, fix }, { facts: { origin: path } });
  }
  return withHdf5(bytes, path, (found) => matchTensors(found, path));
}
