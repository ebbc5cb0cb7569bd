import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { z } from "zod";
import { CoreError } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import type { CutLayer } from "../trunk/cut-layers.ts";
import { NUM_TRUNK_WEIGHTS, TRUNK_TENSORS } from "../trunk/tensors.ts";
import type { WeightTensor } from "../trunk/types.ts";

/** assets/weights/ of this package; scripts/build-weights.ts makes it. */
const FOLDER = new URL("../../assets/weights/", import.meta.url);

/** The asset's files: a byte for each number in table order, and what turns bytes into numbers. */
export const BUNDLED_FILES = {
  folder: fileURLToPath(FOLDER),
  data: fileURLToPath(new URL("inception_v3.bin", FOLDER)),
  manifest: fileURLToPath(new URL("inception_v3.json", FOLDER)),
  licence: fileURLToPath(new URL("LICENSE-nsfwjs", FOLDER)),
} as const;

/** nsfwjs divides pixels by 255 before it runs this network. */
export const BUNDLED_RANGE: readonly [number, number] = [0, 1];

const bundledManifestSchema = z.object({
  formatVersion: z.literal(1),
  /** For people: npm package and version. */
  origin: z.string(),
  /** Of the data file. */
  bytes: z.int(),
  crc32: z.int(),
  /** `WeightsInfo.sha256` of the numbers. */
  sha256: z.string().length(64),
  /** number = byte · scale + min, in float64, then rounded to float32; in table order. */
  tensors: z.array(z.object({ name: z.string(), scale: z.number(), min: z.number() })),
});
export type BundledManifest = z.infer<typeof bundledManifestSchema>;

const REBUILD = "Run `npm run build` in a checkout, or install the package again.";

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const what = "The bundled weights are not there.";
    throw new CoreError("not-found", { what, received: path, fix: REBUILD }, { cause });
  }
}

/** What the asset says of itself. @throws CoreError `not-found`, `corrupt`. */
export async function readBundledManifest(): Promise<BundledManifest> {
  const text = (await read(BUNDLED_FILES.manifest)).toString("utf8");
  try {
    return bundledManifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    const what = "The bundled weights' manifest cannot be read.";
    throw new CoreError("corrupt", { what, received: BUNDLED_FILES.manifest, fix: REBUILD }, { cause });
  }
}

/** Every byte's number, as tfjs computes it: in double, then rounded to float32. */
export function dequantise(bytes: Uint8Array, scale: number, min: number): Float32Array {
  const numbers = Float32Array.from({ length: 256 }, (_, byte) => byte * scale + min);
  const data = new Float32Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) data[i] = numbers[bytes[i] ?? 0] ?? 0;
  return data;
}

/**
 * Reads the weights that come with the package. Their hash is taken from the manifest: length and CRC of the bytes show
 * that it is theirs, in a sixth of the time that hashing 87 MB takes.
 * @throws CoreError `not-found` when the package was not built, `corrupt`.
 */
export async function readBundled(): Promise<{
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  readonly manifest: BundledManifest;
}> {
  const [manifest, bytes] = await Promise.all([readBundledManifest(), read(BUNDLED_FILES.data)]);
  if (
    bytes.length !== NUM_TRUNK_WEIGHTS ||
    bytes.length !== manifest.bytes ||
    crc32(bytes) !== manifest.crc32
  ) {
    const received = `${BUNDLED_FILES.data}, ${bytes.length} bytes`;
    const expected = `${manifest.bytes} bytes with CRC-32 ${manifest.crc32}`;
    throw new CoreError("corrupt", {
      what: "The bundled weights are damaged.",
      received,
      expected,
      fix: REBUILD,
    });
  }
  const tensors = new Map<string, WeightTensor>();
  let offset = 0;
  for (const [i, { name, shape }] of TRUNK_TENSORS.entries()) {
    const entry = manifest.tensors[i];
    if (entry?.name !== name) {
      const what = "The bundled weights are of another version of graft.";
      throw new CoreError("corrupt", {
        what,
        received: entry?.name ?? "nothing",
        expected: name,
        fix: REBUILD,
      });
    }
    const end = offset + numElements(shape);
    tensors.set(name, { shape, data: dequantise(bytes.subarray(offset, end), entry.scale, entry.min) });
    offset = end;
  }
  return { tensors, manifest };
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
  const bundled = await readBundled().catch(() => undefined);
  if (!bundled) return false;
  return Array.from(tensors).every(([name, { data }]) => {
    const own = bundled.tensors.get(name)?.data;
    return own?.length === data.length && own.every((value, i) => value === data[i]);
  });
}
