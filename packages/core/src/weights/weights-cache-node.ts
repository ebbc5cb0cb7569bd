import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import * as z from "zod";
import { checkUrl } from "../download/answer.ts";
import { type DownloadOptions, download } from "../download/download-node.ts";
import { CoreError } from "../errors.ts";
import { writeWhole } from "../files/write-whole-node.ts";
import type { CutLayer } from "../trunk/cut-layers.ts";
import { type FileWeights, isJson, readBytes, readWeights, shardName } from "./read-weights-node.ts";
import { parseTfjsModel } from "./tfjs-weights.ts";
import { hashWeights } from "./weights-hash.ts";

/** Weights that come over the network and stay in HOME/weights. */
export interface CachedSource {
  readonly url: string;
  /** Where the file is, or will be. */
  readonly path: string;
  readonly md5?: string;
}

/** Tensors and their `WeightsInfo.sha256`. */
export interface HashedTensors extends FileWeights {
  readonly sha256: string;
}

/** The public file of keras.applications. */
export const IMAGENET = {
  file: "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
  server: "https://storage.googleapis.com/tensorflow/keras-applications/inception_v3",
  md5: "bcbd6486424b2319ff4ef7d526e38f63",
  bytes: 87_910_968,
  /** For people, before the server says it. */
  about: "88 MB",
} as const;

/** What the cache knows of a file that was read once, in PATH.graft.json. */
const recordSchema = z.object({
  url: z.string(),
  bytes: z.int(),
  crc32: z.int(),
  /** `WeightsInfo.sha256` of the tensors. */
  sha256: z.string(),
});
export type CacheRecord = z.infer<typeof recordSchema>;
export const RECORD_ENDING = ".graft.json";

/** GRAFT_WEIGHTS_MIRROR replaces the public server: a folder that has the file under its public name. */
export function imagenetSource(home: string, env: NodeJS.ProcessEnv): CachedSource {
  const server = (env.GRAFT_WEIGHTS_MIRROR || IMAGENET.server).replace(/\/+$/, "");
  return {
    url: `${server}/${IMAGENET.file}`,
    path: join(home, "weights", IMAGENET.file),
    md5: IMAGENET.md5,
  };
}

/** Cached by the address's hash; the name is only for people. @throws CoreError `bad-input` for no http(s) address. */
export function urlSource(home: string, url: string): CachedSource {
  const last = checkUrl(url).pathname.split("/").at(-1) ?? "";
  const name = last.replace(/[^\w.-]/g, "_").slice(-100) || "weights";
  const key = createHash("sha256").update(url).digest("hex").slice(0, 16);
  return { url, path: join(home, "weights", `url-${key}`, name) };
}

export const isCached = ({ path }: CachedSource): boolean => existsSync(path);

/** @returns undefined when there is none, or it cannot be read. */
export async function readRecord(path: string): Promise<CacheRecord | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(`${path}${RECORD_ENDING}`, "utf8")));
  } catch {
    return undefined;
  }
}

async function writeRecord(path: string, record: CacheRecord): Promise<void> {
  // a cache that cannot be written (read-only home, full disk) still gives weights, a little later each time
  await writeWhole(`${path}${RECORD_ENDING}`, JSON.stringify(record)).catch(() => undefined);
}

function damaged({ path, url }: CachedSource, received: string, expected: string): CoreError {
  const what = `The cached weights ${path} are damaged.`;
  return new CoreError(
    "corrupt",
    { what, received, expected, fix: "Remove the file, and graft fetches it again." },
    { facts: { path, url, received } },
  );
}

/**
 * Reads weights that are in the cache. The first time the whole file's checksum is compared and the tensors are hashed;
 * later the file's length and CRC show that it is still the same, which takes a sixth of that time.
 * @param cut the last block that is needed. @default the whole trunk
 * @throws CoreError `corrupt` when the file is not the one that was fetched, `weights-mismatch`.
 */
export async function readCached(source: CachedSource, cut?: CutLayer): Promise<HashedTensors> {
  const { path, url, md5 } = source;
  const [bytes, record] = await Promise.all([readBytes(path), readRecord(path)]);
  const crc = crc32(bytes);
  const isKnown = record !== undefined && record.bytes === bytes.length && record.crc32 === crc;
  if (!isKnown && md5 !== undefined) {
    const found = createHash("md5").update(bytes).digest("hex");
    if (found !== md5) throw damaged(source, `md5 ${found} of ${bytes.length} bytes`, `md5 ${md5}`);
  } else if (!isKnown && record) {
    throw damaged(source, `${bytes.length} bytes, CRC-32 ${crc}`, `${record.bytes}, ${record.crc32}`);
  }
  const matched = await readWeights(bytes, { path, origin: url, cut });
  // a model.json's own checksum says nothing of its shards
  if (isKnown && !isJson(bytes)) return { ...matched, sha256: record.sha256 };
  const sha256 = await hashWeights(matched.tensors, matched.cut);
  if (isKnown && sha256 !== record.sha256) throw damaged(source, `tensors ${sha256}`, record.sha256);
  await writeRecord(path, { url, bytes: bytes.length, crc32: crc, sha256 });
  return { ...matched, sha256 };
}

export type CacheOptions = Pick<
  DownloadOptions,
  "fetch" | "signal" | "onProgress" | "answerTimeoutMs" | "stallTimeoutMs" | "silenceTimeoutMs"
>;

/** Removes a source's files. */
export async function dropCached({ path, md5 }: CachedSource): Promise<void> {
  // a URL's files have a folder of their own
  if (md5 === undefined) return rm(dirname(path), { recursive: true, force: true });
  await Promise.all([path, `${path}${RECORD_ENDING}`].map((file) => rm(file, { force: true })));
}

/** Downloads a source into the cache: one file, or a model.json with its shards. @throws CoreError as `download`. */
export async function fetchIntoCache(source: CachedSource, options: CacheOptions): Promise<void> {
  const { url, path, md5 } = source;
  const fix =
    md5 === undefined
      ? `Check the connection; behind a proxy, set HTTPS_PROXY; or download the file and give its path.`
      : `Check the connection; behind a proxy, set HTTPS_PROXY; GRAFT_WEIGHTS_MIRROR names another server; or download the file by hand and save it as ${path}; or use \`weights: bundled\`.`;
  const common = { ...options, fix };
  if (md5 !== undefined) return download({ ...common, url, target: path, md5 });
  // the model.json is renamed last, so that a cache that has it has its shards
  const fetched = `${path}.fetched`;
  await download({ ...common, url, target: fetched });
  const bytes = await readBytes(fetched);
  if (isJson(bytes)) {
    const { search } = new URL(url);
    for (const name of parseTfjsModel(bytes.toString("utf8"), url).manifest.flatMap(({ paths }) => paths)) {
      const shardUrl = new URL(name, url);
      // as tfjs does: what the address of the model.json ends with may be a token
      shardUrl.search = search;
      await download({ ...common, url: shardUrl.href, target: join(dirname(path), shardName(name, url)) });
    }
  }
  // what was known of the file before says nothing of this one
  await rm(`${path}${RECORD_ENDING}`, { force: true });
  await rename(fetched, path);
}
