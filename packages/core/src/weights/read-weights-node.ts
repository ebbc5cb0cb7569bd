import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { CoreError } from "../errors.ts";
import type { CutLayer } from "../trunk/cut-layers.ts";
import { foreignError, WEIGHTS_FILES } from "./foreign-kinds.ts";
import { foreignKind } from "./foreign-weights.ts";
import type { FoundTensor } from "./found-tensor.ts";
import { withHdf5 } from "./hdf5.ts";
import { readKerasArchive } from "./keras-archive-node.ts";
import { type MatchedTensors, matchTensors } from "./match-tensors.ts";
import { type AboutModel, type StatedRange, statedRange } from "./stated-range.ts";
import { parseTfjsModel, type TfjsManifest, tfjsTensors } from "./tfjs-weights.ts";

const unzip = promisify(gunzip);

/** An unpacked InceptionV3 with optimiser slots has 400 MB. */
const MAX_UNPACKED_BYTES = 2 ** 30;

/** The trunk's tensors of a file, and what the file says of their pixels. */
export interface FileWeights extends MatchedTensors {
  readonly stated: StatedRange;
}

/** @throws CoreError `not-found`, `bad-input` for a file that cannot be read. */
export async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const facts = { path };
    if (code === "ENOENT" || code === "ENOTDIR") {
      const what = "There are no such weights.";
      const expected = `auto, bundled, imagenet, ${WEIGHTS_FILES}, or a URL`;
      throw new CoreError("not-found", { what, received: path, expected }, { cause, facts });
    }
    const what = "The weights cannot be read.";
    const fix = "Make it readable.";
    throw new CoreError("bad-input", { what, received: `${path} (${code})`, fix }, { cause, facts });
  }
}

/** Name of a shard beside its model.json. @throws CoreError `corrupt` for one that leaves the model's folder. */
export function shardName(name: string, origin: string): string {
  const plain = normalize(name);
  if (!isAbsolute(plain) && !plain.startsWith("..")) return plain;
  const what = `${origin} names a shard outside its folder.`;
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
    const what = `${origin} cannot be unpacked.`;
    const fix = "Fetch or copy the file again; it may have been cut off.";
    throw new CoreError("corrupt", { what, received: String(cause), fix }, { cause, facts: { origin } });
  }
}

/** A JSON file beside the weights in a .keras archive; undefined where there is none. */
async function archivedJson(bytes: Buffer, origin: string, name: string): Promise<unknown> {
  try {
    return JSON.parse((await readKerasArchive(bytes, origin, name)).toString("utf8"));
  } catch (error) {
    // weights can be read without it, and nothing else depends on it
    if (error instanceof CoreError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What is to be read of which file. */
export interface ReadWeightsOptions {
  /** Of the file; shards lie beside it. */
  readonly path: string;
  /** What errors call it. @default path */
  readonly origin?: string;
  /** The last block that is needed. @default the whole trunk */
  readonly cut?: CutLayer | undefined;
}

/**
 * The trunk's tensors out of a weights file's bytes: .h5, .h5.gz, .keras or model.json (its shards are read beside it).
 * @throws CoreError `corrupt` with the path, `weights-mismatch`; `unsupported` and `bad-input` for files of other programs, by
 * what they are.
 */
export async function readWeights(bytes: Buffer, options: ReadWeightsOptions): Promise<FileWeights> {
  const { path, origin = path, cut } = options;
  if (startsWith(bytes, 0x1f, 0x8b)) return readWeights(await unpack(bytes, origin), options);
  const matched = (found: readonly FoundTensor[], about: AboutModel): FileWeights => {
    const tensors = matchTensors(found, origin, cut);
    return { ...tensors, stated: statedRange(about, tensors.firstLayer) };
  };
  if (startsWith(bytes, 0x50, 0x4b, 3, 4)) {
    const weights = await readKerasArchive(bytes, origin);
    const config = await archivedJson(bytes, origin, "config.json");
    const facts = await archivedJson(bytes, origin, "metadata.json");
    return withHdf5(weights, origin, (found) => matched(found, { config, facts }));
  }
  if (isJson(bytes)) {
    const { manifest, about } = parseTfjsModel(bytes.toString("utf8"), origin);
    return matched(tfjsTensors(manifest, await readShards(manifest, path), origin), about);
  }
  const foreign = foreignKind(bytes, origin);
  if (foreign) throw foreignError(origin, foreign);
  return withHdf5(bytes, origin, matched);
}
