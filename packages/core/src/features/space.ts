import * as z from "zod";
import type { Backend } from "../backend/backend.ts";
import { hashJson } from "../canonical-json.ts";
import { type Augmentation, augmentationSchema } from "../config/config.ts";
import { DECODER_VERSION, type DecoderId } from "../image/decoder-version.ts";
import type { ImageRule } from "../image/types.ts";
import { isLayerName } from "../trunk/graph-order.ts";
import type { WeightsInfo } from "../trunk/types.ts";
import type { FeatureSpace } from "./types.ts";

export interface FeatureSpaceOptions {
  /** `PrepareImage.decoder` of what makes the pixels. */
  readonly decoder: DecoderId;
  readonly rule: ImageRule;
  readonly weights: WeightsInfo;
  /** The last layer that runs: a cut layer, or the one below a tail. */
  readonly cut: string;
  readonly pool: "none" | "avg";
  /** null for images as they are (validation, prediction). */
  readonly augmentation: Augmentation | null;
  readonly cacheType: "float32" | "float16";
  readonly backend: Pick<Backend, "id" | "device">;
  /** Of an int8 trunk. @default float32 */
  readonly calibration?: string | undefined;
}

/**
 * Everything beside the image's bytes and the variant number that decides a feature's bits.
 *
 * What is left out, and why that is safe:
 * - The number of threads and the size of the batch. Measured on `onnx:cpu` (onnxruntime-node 1.30, AVX-512; bundled and
 *   random weights, cuts mixed5, mixed7 and mixed10, 75 and 150 pixels, pooled or not): features are bit-equal for 1 to 4
 *   threads, batches of 1, 2, 3, 5, 7, 8, 16, 20, 31 and 32, and any place in the batch; on `tfjs:wasm` too for batches
 *   of 1, 3, 5 and 8. Engines on GPUs choose kernels by shape and need not be like that, so `extractFeatures` runs one
 *   shape only, with `batch` = `backend.limits.preferredBatch`, which goes with the engine.
 * - A seed of the augmentation: a variant is drawn from (image hash, variant number) alone.
 * - The device's name: a cache that machines with other instruction sets share may differ in the last bits.
 */
export function featureSpace(options: FeatureSpaceOptions): FeatureSpace {
  const { decoder, rule, weights, cut, pool, augmentation, cacheType, backend, calibration } = options;
  return {
    decoder,
    rule,
    weights: weights.sha256,
    inputRange: weights.inputRange,
    cut,
    pool,
    augmentation,
    cacheType,
    backend: backend.id,
    engineVersion: backend.device.engineVersion,
    ...(calibration === undefined ? {} : { calibration }),
  };
}

/** A space as it is read back from a file. */
export const featureSpaceSchema: z.ZodType<FeatureSpace> = z.object({
  decoder: z.union([z.literal(DECODER_VERSION), z.templateLiteral([z.string().min(1), "-", z.int()])]),
  rule: z.object({
    version: z.literal(1),
    size: z.int(),
    fit: z.enum(["stretch", "crop", "pad"]),
    resize: z.enum(["bilinear", "nearest"]),
  }),
  weights: z.string(),
  inputRange: z.tuple([z.number(), z.number()]),
  cut: z.string().refine(isLayerName, "it must be a layer of the trunk"),
  pool: z.enum(["none", "avg"]),
  augmentation: augmentationSchema.nullable(),
  cacheType: z.enum(["float32", "float16"]),
  backend: z.string(),
  engineVersion: z.string(),
  calibration: z.string().exactOptional(),
});

/** The space's name in a store: SHA-256 (64 hex digits) of its canonical JSON. */
export const featureSpaceId = (space: FeatureSpace): Promise<string> => hashJson(space);
