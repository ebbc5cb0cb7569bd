import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { CoreError } from "../errors.ts";
import { BUNDLED_RANGE } from "./bundled.ts";
import { BUNDLED_FILES } from "./bundled-node.ts";
import { KERAS_RANGE } from "./input-range.ts";
import type { LoadWeightsOptions } from "./load-options.ts";
import { obtain } from "./obtain-node.ts";
import {
  type CachedSource,
  dropCached,
  IMAGENET,
  imagenetSource,
  RECORD_ENDING,
  readRecord,
  urlSource,
} from "./weights-cache-node.ts";

/** A line of `graft weights list`. */
export interface WeightsEntry {
  /** What `--weights` takes. */
  readonly name: string;
  /** npm package or address. */
  readonly origin: string;
  readonly path?: string;
  /** True when it can be used without a network. */
  readonly cached: boolean;
  /** True when a file is there that is not what it should be, by its length. */
  readonly damaged?: boolean;
  readonly bytes?: number;
  readonly inputRange: readonly [number, number];
  /** For people. */
  readonly note?: string;
}

const sizeOf = async (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  );

async function bundledEntry(): Promise<WeightsEntry> {
  const path = BUNDLED_FILES.data;
  const bytes = await sizeOf(path);
  return {
    name: "bundled",
    origin: "npm nsfwjs@4.4.0",
    path,
    cached: bytes !== undefined,
    ...(bytes === undefined ? {} : { bytes }),
    inputRange: BUNDLED_RANGE,
    note: "comes with graft; weaker than imagenet (cats and dogs: about 0.85 instead of 0.96)",
  };
}

async function sourceEntry(name: string, source: CachedSource, note: string): Promise<WeightsEntry> {
  const { url, path, md5 } = source;
  const bytes = await sizeOf(path);
  const expected = md5 === undefined ? (await readRecord(path))?.bytes : IMAGENET.bytes;
  const damaged = bytes !== undefined && expected !== undefined && bytes !== expected;
  return {
    name,
    origin: url,
    ...(bytes === undefined ? {} : { path, bytes }),
    cached: bytes !== undefined && !damaged,
    ...(damaged ? { damaged } : {}),
    inputRange: KERAS_RANGE,
    note: damaged ? `${path} should have ${expected} bytes: remove it, or fetch it again` : note,
  };
}

const imagenetEntry = (home: string, env: NodeJS.ProcessEnv): Promise<WeightsEntry> =>
  sourceEntry(
    "imagenet",
    imagenetSource(home, env),
    `the public Keras file, ${IMAGENET.about}, fetched on first use`,
  );

const urlEntry = (source: CachedSource): Promise<WeightsEntry> =>
  sourceEntry(source.url, source, "its input range is not known: [-1, 1] unless `inputRange` is given");

/** Addresses whose weights are cached. */
async function cachedUrls(home: string): Promise<CachedSource[]> {
  const folder = join(home, "weights");
  const names = await readdir(folder, { recursive: true }).catch(() => []); // no cache yet
  const sources = await Promise.all(
    names.map(async (name) => {
      if (!name.startsWith("url-") || !name.endsWith(RECORD_ENDING)) return undefined;
      const path = join(folder, name.slice(0, -RECORD_ENDING.length));
      const record = await readRecord(path);
      return record && { url: record.url, path };
    }),
  );
  return sources.flatMap((source) => source ?? []).toSorted((a, b) => (a.url < b.url ? -1 : 1));
}

/** The weights that have a name, and those of addresses that were used before. */
export async function listWeights(options: {
  readonly home: string;
  /** GRAFT_WEIGHTS_MIRROR. @default none */
  readonly env?: NodeJS.ProcessEnv;
}): Promise<readonly WeightsEntry[]> {
  const { home, env = {} } = options;
  const urls = await cachedUrls(home);
  return Promise.all([bundledEntry(), imagenetEntry(home, env), ...urls.map(urlEntry)]);
}

/** Removes the public weights, which are fetched again when they are needed; those of other addresses may be gone there. */
export const dropPublicWeights = (options: {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
}): Promise<void> => dropCached(imagenetSource(options.home, options.env));

/**
 * Makes sure that weights are in the cache, whole and fitting; fetches them if they are not.
 * @param name `imagenet` or a URL; `bundled` is always there.
 * @throws CoreError as `loadWeights`; `bad-input` for another name.
 */
export async function fetchWeights(
  name: string,
  options: Omit<LoadWeightsOptions, "weights" | "inputRange" | "notices" | "cut">,
): Promise<WeightsEntry> {
  const { home, env } = options;
  if (name === "bundled") return bundledEntry();
  if (name === "imagenet") {
    await obtain(imagenetSource(home, env), options);
    return imagenetEntry(home, env);
  }
  if (!name.includes("://")) {
    const what = "These weights cannot be fetched.";
    throw new CoreError("bad-input", { what, received: name, expected: "imagenet or a URL" });
  }
  const source = urlSource(home, name);
  // what it is fetched for says which cut; here it need only be some trunk
  await obtain(source, { ...options, cut: "mixed0" });
  return urlEntry(source);
}
