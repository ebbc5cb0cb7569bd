import * as z from "zod";
import { CoreError } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import { type Crc32, crc32 as inJavaScript } from "../numbers/crc32.ts";
import type { CutLayer } from "../trunk/cut-layers.ts";
import { NUM_TRUNK_WEIGHTS, TRUNK_TENSORS, tensorsUpTo } from "../trunk/tensors.ts";
import type { WeightTensor } from "../trunk/types.ts";

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

export const REBUILD = "Run `npm run build` in a checkout, or install the package again.";

/** @param origin where the bytes are from, for errors. @throws CoreError `corrupt`. */
export function parseBundledManifest(bytes: Uint8Array, origin: string): BundledManifest {
  try {
    return bundledManifestSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    const what = "The bundled weights' manifest cannot be read.";
    throw new CoreError("corrupt", { what, received: origin, fix: REBUILD }, { cause });
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
 * The trunk's tensors from the asset's bytes. Their hash is the manifest's: length and CRC of the bytes show that they are
 * its, in a sixth of the time that hashing 87 MB takes.
 * @param options.origin where the bytes are from, for errors.
 * @param options.cut the last block that is needed; no later one is decoded. @default the whole trunk
 * @throws CoreError `corrupt`.
 */
export function decodeBundled(
  bytes: Uint8Array,
  manifest: BundledManifest,
  options: { readonly origin: string; readonly cut?: CutLayer | undefined; readonly crc32?: Crc32 },
): ReadonlyMap<string, WeightTensor> {
  const { origin, cut = "mixed10", crc32 = inJavaScript } = options;
  if (
    bytes.length !== NUM_TRUNK_WEIGHTS ||
    bytes.length !== manifest.bytes ||
    crc32(bytes) !== manifest.crc32
  ) {
    const received = `${origin}, ${bytes.length} bytes`;
    const expected = `${manifest.bytes} bytes with CRC-32 ${manifest.crc32}`;
    throw new CoreError("corrupt", {
      what: "The bundled weights are damaged.",
      received,
      expected,
      fix: REBUILD,
    });
  }
  const needed = new Set(tensorsUpTo(cut).map(({ name }) => name));
  const tensors = new Map<string, WeightTensor>();
  let offset = 0;
  for (const [i, { name, shape }] of TRUNK_TENSORS.entries()) {
    const entry = manifest.tensors[i];
    if (entry?.name !== name) {
      const what = "The bundled weights belong to another version of graft.";
      throw new CoreError("corrupt", {
        what,
        received: entry?.name ?? "nothing",
        expected: name,
        fix: REBUILD,
      });
    }
    const end = offset + numElements(shape);
    if (needed.has(name))
      tensors.set(name, { shape, data: dequantise(bytes.subarray(offset, end), entry.scale, entry.min) });
    offset = end;
  }
  return tensors;
}
