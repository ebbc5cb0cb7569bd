import * as z from "zod";
import { CoreError } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import { inputFaultsText } from "../input-faults.ts";
import { decodeFloat16 } from "../numbers/float16.ts";
import { foreignError } from "./foreign-kinds.ts";
import { foreignJson } from "./foreign-weights.ts";
import { type FoundTensor, namedTensor } from "./found-tensor.ts";
import type { AboutModel } from "./stated-range.ts";

const stored = z.enum(["float32", "int32", "bool", "uint8", "uint16", "float16"]);
type Stored = z.infer<typeof stored>;

const BYTES: Readonly<Record<Stored, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

const weightSchema = z.object({
  name: z.string(),
  shape: z.array(z.int().min(0)),
  dtype: stored,
  /** float16 has no scale. */
  quantization: z
    .object({ dtype: stored, scale: z.number().optional(), min: z.number().optional() })
    .optional(),
});

const modelSchema = z.object({
  weightsManifest: z
    .array(z.object({ paths: z.array(z.string().min(1)).min(1), weights: z.array(weightSchema) }))
    .min(1),
});

/** The part of a tfjs model.json that says where the weights are. */
export type TfjsManifest = z.infer<typeof modelSchema>["weightsManifest"];

type TfjsWeight = z.infer<typeof weightSchema>;

/** A tfjs model.json. */
export interface TfjsModel {
  readonly manifest: TfjsManifest;
  readonly about: AboutModel;
}

const aboutSchema = z.object({
  generatedBy: z.string().optional(),
  modelTopology: z.object({ model_config: z.unknown() }).optional().catch(undefined),
  userDefinedMetadata: z.record(z.string(), z.unknown()).optional().catch(undefined),
});

/** The network's config as Keras has it, and what graft writes into its own. */
function aboutModel(json: unknown): AboutModel {
  const { generatedBy, modelTopology, userDefinedMetadata } = aboutSchema.safeParse(json).data ?? {};
  return {
    config: modelTopology?.model_config,
    ...(generatedBy === "graft" ? { facts: { graftVersion: "", ...userDefinedMetadata } } : {}),
  };
}

/**
 * @throws CoreError `corrupt` when the text is no tfjs model with weights, `unsupported` for one that is known not to be read.
 */
export function parseTfjsModel(text: string, origin: string): TfjsModel {
  let json: unknown;
  try {
    json = JSON.parse(text);
    const foreign = foreignJson(json);
    if (foreign) throw foreignError(origin, foreign);
    return { manifest: modelSchema.parse(json).weightsManifest, about: aboutModel(json) };
  } catch (cause) {
    if (cause instanceof CoreError) throw cause;
    throw new CoreError(
      "corrupt",
      {
        what: `${origin} is not a tfjs model.json with weights.`,
        received: cause instanceof z.ZodError ? inputFaultsText(cause, json) : String(cause),
        expected: "a weightsManifest with the paths of the shards",
        fix: "Give the model.json that tensorflowjs_converter or tfjs wrote.",
      },
      { cause, facts: { origin } },
    );
  }
}

/** The numbers of one weight: dequantised in double, then rounded to float32, as tfjs does. */
function decode(bytes: Uint8Array, { dtype, quantization }: TfjsWeight): Float32Array {
  // a copy: a weight may start at any byte of its shard
  const { buffer } = Uint8Array.from(bytes);
  const type = quantization?.dtype ?? dtype;
  if (type === "float16") return decodeFloat16(new Uint16Array(buffer));
  if (type === "float32") return new Float32Array(buffer);
  const whole =
    type === "uint16"
      ? new Uint16Array(buffer)
      : type === "int32"
        ? new Int32Array(buffer)
        : new Uint8Array(buffer);
  const { scale = 1, min = 0 } = quantization ?? {};
  const data = new Float32Array(whole.length);
  // a loop: Float32Array.from with a function takes two seconds for a whole trunk
  for (let i = 0; i < whole.length; i++) data[i] = (whole[i] ?? 0) * scale + min;
  return data;
}

/**
 * Tensors of a tfjs model, quantised ones included.
 * @param groups the bytes of each group of the manifest, its shards joined in their order.
 * @throws CoreError `corrupt` when a group has another length than its weights.
 */
export function tfjsTensors(
  manifest: TfjsManifest,
  groups: readonly Uint8Array[],
  origin: string,
): readonly FoundTensor[] {
  return manifest.flatMap(({ weights, paths }, i) => {
    const bytes = groups[i] ?? new Uint8Array();
    let offset = 0;
    const found = weights.map((weight): FoundTensor => {
      const { name, shape, dtype, quantization } = weight;
      const start = offset;
      offset += numElements(shape) * BYTES[quantization?.dtype ?? dtype];
      const end = offset;
      return {
        ...namedTensor(name.split("/")),
        shape,
        read: () => decode(bytes.subarray(start, end), weight),
      };
    });
    if (offset !== bytes.length) {
      throw new CoreError(
        "corrupt",
        {
          what: `The shards ${paths.join(", ")} of ${origin} have a different length from their weights.`,
          received: `${bytes.length} bytes`,
          expected: `${offset}`,
          fix: "Copy the model's folder again: a shard is cut off or belongs to another model.",
        },
        { facts: { origin } },
      );
    }
    return found;
  });
}
