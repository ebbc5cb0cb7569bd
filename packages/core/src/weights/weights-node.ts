import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { CoreError, throwIfCancelled } from "../errors.ts";
import type { TrunkWeights, WeightsSource } from "../trunk/types.ts";
import { BUNDLED_RANGE } from "./bundled.ts";
import { hasBundledNumbers, readBundled } from "./bundled-node.ts";
import { chooseRange, KERAS_RANGE, type RangeSources } from "./input-range.ts";
import type { LoadWeightsOptions } from "./load-options.ts";
import { readModelTrunk } from "./model-trunk-node.ts";
import { obtain, obtainImagenetOrReason } from "./obtain-node.ts";
import { placeOfWeights } from "./place-of-weights-node.ts";
import { readBytes, readWeights } from "./read-weights-node.ts";
import { type HashedTensors, IMAGENET, imagenetSource, urlSource } from "./weights-cache-node.ts";
import { hashWeights } from "./weights-hash.ts";
import {
  bundledNotice,
  inFrontNotice,
  leftOutNotice,
  modelNotice,
  namedOtherwiseNotice,
  shortBundledNotice,
} from "./weights-notices.ts";

const BUNDLED = { range: BUNDLED_RANGE, what: "the bundled ones" } as const;
const PUBLIC = { range: KERAS_RANGE, what: "Keras's public ones" } as const;

async function loadBundled(options: LoadWeightsOptions, why?: string): Promise<TrunkWeights> {
  const { tensors, manifest } = await readBundled(options.cut);
  options.onNotice?.(options.notices === "short" ? shortBundledNotice(why) : bundledNotice(why));
  const { origin, sha256 } = manifest;
  const inputRange = knownRange({ origin, known: BUNDLED }, options);
  return { source: "bundled", origin, sha256, inputRange, tensors };
}

/** The range of weights that have a name: only what contradicts it is said. */
function knownRange(
  sources: RangeSources & { readonly known: { readonly range: readonly [number, number] } },
  { inputRange: given, onNotice }: LoadWeightsOptions,
): readonly [number, number] {
  if (!given) return sources.known.range;
  const { inputRange, notice } = chooseRange({ ...sources, given });
  if (notice !== undefined) onNotice?.(notice);
  return inputRange;
}

function imagenet({ tensors, sha256 }: HashedTensors, options: LoadWeightsOptions): TrunkWeights {
  const { url: origin } = imagenetSource(options.home, options.env);
  const inputRange = knownRange({ origin, known: PUBLIC }, options);
  return { source: "imagenet", origin, sha256, inputRange, tensors };
}

async function loadAuto(options: LoadWeightsOptions): Promise<TrunkWeights> {
  const obtained = await obtainImagenetOrReason(options);
  return "reason" in obtained ? loadBundled(options, obtained.reason) : imagenet(obtained, options);
}

/** Somebody's own weights, with all that a person should know of them. */
async function ownWeights(
  source: WeightsSource,
  origin: string,
  found: HashedTensors,
  options: LoadWeightsOptions & { readonly isPublic?: boolean },
): Promise<TrunkWeights> {
  const { inputRange: given, onNotice, isPublic = false } = options;
  const { tensors, sha256, stated, leftOut } = found;
  const isInFront = (name: string): boolean => stated.inFront.includes(name.slice(0, name.lastIndexOf("/")));
  const top = leftOut.filter((name) => !isInFront(name));
  if (found.isNamedOtherwise) onNotice?.(namedOtherwiseNotice(origin));
  if (stated.inFront.length > 0) onNotice?.(inFrontNotice(origin, stated.inFront));
  if (top.length > 0) onNotice?.(leftOutNotice(origin, top));
  const known = isPublic ? PUBLIC : (await hasBundledNumbers(found)) ? BUNDLED : undefined;
  const { inputRange, notice } = chooseRange({ origin, given, stated, known });
  // the course notes load the public file by its path; nobody needs to hear what everybody assumes
  const isPlain = isPublic && given === undefined && stated.range === undefined;
  if (notice !== undefined && !isPlain) onNotice?.(notice);
  return { source, origin, sha256, inputRange, tensors };
}

async function loadUrl(url: string, options: LoadWeightsOptions): Promise<TrunkWeights> {
  return ownWeights("url", url, await obtain(urlSource(options.home, url), options), options);
}

async function loadFile(name: string, options: LoadWeightsOptions): Promise<TrunkWeights> {
  const { home, cut } = options;
  const { kind, path } = await placeOfWeights(name, home);
  if (kind === "model") return loadModel(path, options);
  const bytes = await readBytes(path);
  const read = await readWeights(bytes, { path, cut });
  const found = { ...read, sha256: await hashWeights(read.tensors, read.cut) };
  const isPublic = createHash("md5").update(bytes).digest("hex") === IMAGENET.md5;
  return ownWeights("file", path, found, { ...options, isPublic });
}

async function loadModel(folder: string, options: LoadWeightsOptions): Promise<TrunkWeights> {
  const { tensors, sha256, cut, stated } = await readModelTrunk(folder, options.cut);
  const { inputRange: given = stated.range ?? KERAS_RANGE, onNotice } = options;
  onNotice?.(modelNotice(folder, cut, given));
  const { notice } = chooseRange({ origin: folder, given, stated });
  if (notice !== undefined) onNotice?.(notice);
  return { source: "file", origin: folder, sha256, inputRange: given, tensors };
}

function checkRange(range: readonly [number, number] | undefined): void {
  if (range === undefined || (range.every(Number.isFinite) && range[0] !== range[1])) return;
  const what = "The input range must be two different finite numbers.";
  throw new CoreError("bad-input", { what, received: range.join(", "), expected: "such as -1,1 or 0,1" });
}

/**
 * The trunk's weights by name, path or URL, as far as they reach: up to `cut` at least.
 *
 * `bundled` comes with the package and works without a network; `imagenet` is the public Keras file, downloaded once;
 * `auto` is imagenet if cached or if its server answers within 4 s, else bundled, and says which in a line. Files: .h5,
 * .h5.gz, .keras, tfjs model.json, in the layouts of Keras 2 and 3, with layers around the trunk or without; a model of graft
 * by its folder or its run's id, as it was trained.
 * @throws CoreError `not-found`, `weights-mismatch` (facts: missing, extra, wrongShape), `corrupt`, `unsupported`, `offline`,
 * `disk-full`, `bad-input`, `cancelled`.
 */
export async function loadWeights(options: LoadWeightsOptions): Promise<TrunkWeights> {
  const { weights: name, home, env, signal, inputRange } = options;
  checkRange(inputRange);
  throwIfCancelled(signal);
  if (name === "bundled") return loadBundled(options);
  if (name === "auto") return loadAuto(options);
  if (name === "imagenet") return imagenet(await obtain(imagenetSource(home, env), options), options);
  if (/^file:/i.test(name)) return loadFile(fileURLToPath(name), options);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(name)) return loadUrl(name, options);
  return loadFile(name, options);
}
