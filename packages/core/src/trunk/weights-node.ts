import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { BUNDLED_RANGE, readBundled, readBundledManifest } from "./bundled-node.ts";
import type { LoadWeightsOptions } from "./load-options.ts";
import { obtain, obtainImagenetOrReason } from "./obtain-node.ts";
import { readBytes, readWeights } from "./read-weights-node.ts";
import type { TrunkWeights, WeightsSource } from "./types.ts";
import { type HashedTensors, IMAGENET, imagenetSource, urlSource } from "./weights-cache-node.ts";
import { hashWeights } from "./weights-hash.ts";
import {
  bundledNotice,
  bundledNumbersNotice,
  leftOutNotice,
  shortBundledNotice,
  unknownRangeNotice,
} from "./weights-notices.ts";

/** What keras.applications.inception_v3.preprocess_input gives. */
export const KERAS_RANGE: readonly [number, number] = [-1, 1];

async function loadBundled(options: LoadWeightsOptions, why?: string): Promise<TrunkWeights> {
  const { tensors, manifest } = await readBundled();
  options.onNotice?.(options.notices === "short" ? shortBundledNotice(why) : bundledNotice(why));
  const { origin, sha256 } = manifest;
  const inputRange = options.inputRange ?? BUNDLED_RANGE;
  return { source: "bundled", origin, sha256, inputRange, tensors };
}

function fromKeras(
  source: WeightsSource,
  origin: string,
  { tensors, sha256 }: HashedTensors,
  { inputRange = KERAS_RANGE }: LoadWeightsOptions,
): TrunkWeights {
  return { source, origin, sha256, inputRange, tensors };
}

async function loadAuto(options: LoadWeightsOptions): Promise<TrunkWeights> {
  const obtained = await obtainImagenetOrReason(options);
  if ("reason" in obtained) return loadBundled(options, obtained.reason);
  return fromKeras("imagenet", imagenetSource(options.home, options.env).url, obtained, options);
}

/** Says what an unknown source's weights are taken for. @param isPublic the public Keras file, whose range is known. */
async function noticeUnknown(
  origin: string,
  { sha256, leftOut }: HashedTensors,
  { inputRange, onNotice }: LoadWeightsOptions,
  isPublic: boolean,
): Promise<void> {
  if (leftOut.length > 0) onNotice?.(leftOutNotice(origin, leftOut));
  if (inputRange !== undefined || isPublic) return;
  // a checkout that was not built has no manifest, and these weights need none
  const bundled = await readBundledManifest().catch(() => undefined);
  onNotice?.(bundled?.sha256 === sha256 ? bundledNumbersNotice(origin) : unknownRangeNotice(origin));
}

async function loadUrl(url: string, options: LoadWeightsOptions): Promise<TrunkWeights> {
  const obtained = await obtain(urlSource(options.home, url), options);
  await noticeUnknown(url, obtained, options, false);
  return fromKeras("url", url, obtained, options);
}

async function loadFile(path: string, options: LoadWeightsOptions): Promise<TrunkWeights> {
  const bytes = await readBytes(path);
  const matched = await readWeights(bytes, path);
  const hashed = { ...matched, sha256: await hashWeights(matched.tensors) };
  // the course notes load the public file by its path; its range is known
  const isPublic =
    options.inputRange === undefined && createHash("md5").update(bytes).digest("hex") === IMAGENET.md5;
  await noticeUnknown(path, hashed, options, isPublic);
  return fromKeras("file", path, hashed, options);
}

function checkRange(range: readonly [number, number] | undefined): void {
  if (range === undefined || (range.every(Number.isFinite) && range[0] !== range[1])) return;
  const what = "The input range must be two different finite numbers.";
  throw new CoreError("bad-input", { what, received: range.join(", "), expected: "such as -1,1 or 0,1" });
}

/**
 * The trunk's weights by name, path or URL.
 *
 * `bundled` comes with the package and works without a network; `imagenet` is the public Keras file, downloaded once;
 * `auto` is imagenet if cached or if its server answers within 4 s, else bundled, and says which in a line. Files: .h5,
 * .h5.gz, .keras, tfjs model.json, in the layouts of Keras 2 and 3; other names of layers are matched by rank.
 * @throws CoreError `not-found`, `weights-mismatch` (facts: missing, extra, wrongShape), `corrupt`, `offline`,
 * `disk-full`, `bad-input`, `cancelled`.
 */
export async function loadWeights(options: LoadWeightsOptions): Promise<TrunkWeights> {
  const { weights: name, home, env, signal, inputRange } = options;
  checkRange(inputRange);
  throwIfCancelled(signal);
  if (name === "bundled") return loadBundled(options);
  if (name === "auto") return loadAuto(options);
  if (name === "imagenet") {
    const source = imagenetSource(home, env);
    return fromKeras("imagenet", source.url, await obtain(source, options), options);
  }
  if (/^file:/i.test(name)) return loadFile(fileURLToPath(name), options);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(name)) return loadUrl(name, options);
  return loadFile(name, options);
}
