import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { CoreError } from "../errors.ts";
import { packageFolder } from "../files/package-folder-node.ts";
import type { CutLayer } from "../trunk/cut-layers.ts";
import type { WeightTensor } from "../trunk/types.ts";
import { type BundledManifest, decodeBundled, parseBundledManifest, REBUILD } from "./bundled.ts";

/** assets/weights/ of this package; scripts/build-weights.ts makes it. */
const FOLDER = join(packageFolder(import.meta.dirname), "assets", "weights");

/** The asset's files: a byte for each number in table order, and what turns bytes into numbers. */
export const BUNDLED_FILES = {
  folder: FOLDER,
  data: join(FOLDER, "inception_v3.bin"),
  manifest: join(FOLDER, "inception_v3.json"),
  licence: join(FOLDER, "LICENSE-nsfwjs"),
} as const;

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const what = "The bundled weights are missing.";
    throw new CoreError("not-found", { what, received: path, fix: REBUILD }, { cause });
  }
}

/** What the asset says of itself. @throws CoreError `not-found`, `corrupt`. */
export async function readBundledManifest(): Promise<BundledManifest> {
  return parseBundledManifest(await read(BUNDLED_FILES.manifest), BUNDLED_FILES.manifest);
}

/**
 * Reads the weights that come with the package.
 * @param cut the last block that is needed. @default the whole trunk
 * @throws CoreError `not-found` when it was not built, `corrupt`.
 */
export async function readBundled(cut?: CutLayer): Promise<{
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  readonly manifest: BundledManifest;
}> {
  const [manifest, bytes] = await Promise.all([readBundledManifest(), read(BUNDLED_FILES.data)]);
  return { tensors: decodeBundled(bytes, manifest, { origin: BUNDLED_FILES.data, cut, crc32 }), manifest };
}

/** A file's tensors, up to its last block. */
interface Compared {
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  readonly cut: CutLayer;
  readonly sha256: string;
}

/** True for weights that are the bundled ones, whole or up to a block, in whatever file they came. */
export async function hasBundledNumbers({ tensors, cut, sha256 }: Compared): Promise<boolean> {
  // a checkout that was not built has no manifest, and other weights need none
  const manifest = await readBundledManifest().catch(() => undefined);
  if (!manifest || cut === "mixed10") return manifest?.sha256 === sha256;
  const bundled = await readBundled(cut).catch(() => undefined);
  if (!bundled) return false;
  return Array.from(tensors).every(([name, { data }]) => {
    const own = bundled.tensors.get(name)?.data;
    return own?.length === data.length && own.every((value, i) => value === data[i]);
  });
}
