import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runInNewContext } from "node:vm";
import * as z from "zod";

const layerSchema = z.object({
  name: z.string(),
  class_name: z.string(),
  config: z.object({
    filters: z.number().optional(),
    kernel_size: z.array(z.number()).optional(),
    pool_size: z.array(z.number()).optional(),
    strides: z.array(z.number()).optional(),
    padding: z.string().optional(),
    epsilon: z.number().optional(),
  }),
  // each input is [layer name, node, tensor, arguments]
  inbound_nodes: z.array(z.array(z.tuple([z.string()]).rest(z.unknown()))),
});

const modelSchema = z.object({
  modelTopology: z.object({
    model_config: z.object({ config: z.object({ layers: z.array(layerSchema) }) }),
  }),
  weightsManifest: z
    .array(
      z.object({
        paths: z.array(z.string()),
        weights: z.array(
          z.object({
            name: z.string(),
            shape: z.array(z.int()),
            dtype: z.literal("float32"),
            quantization: z.object({ min: z.number(), scale: z.number(), dtype: z.literal("uint8") }),
          }),
        ),
      }),
    )
    .length(1),
});

/** The InceptionV3 that the npm package nsfwjs carries. */
export interface NsfwjsModel {
  readonly version: string;
  /** Text of its licence. */
  readonly licence: string;
  /** The files that were read. */
  readonly files: readonly string[];
  /** What tfjs calls model.json. */
  readonly model: z.infer<typeof modelSchema>;
  /** Bytes of the manifest's paths, in their order. */
  readonly shards: readonly Uint8Array[];
}

/** Folder of the package, found as Node finds it; the package exports neither package.json nor its models' folder. */
const packageFolder = (): string =>
  join(dirname(createRequire(import.meta.url).resolve("nsfwjs")), "..", "..");

/** Files of the model: model.min.js and its shards. */
export function nsfwjsFiles(): readonly string[] {
  const folder = join(packageFolder(), "dist", "models", "inception_v3");
  const shards = Array.from({ length: 6 }, (_, i) => `group1-shard${i + 1}of6.min.js`);
  return ["model.min.js", ...shards].map((file) => join(folder, file));
}

/**
 * What one of the package's data files exports. They are data as UMD modules; each is evaluated in an empty context, so
 * nothing else of the package, and nothing of tfjs, is loaded.
 */
function exportedBy(path: string): unknown {
  const context: { module: { exports: unknown }; exports: object } = { module: { exports: {} }, exports: {} };
  runInNewContext(readFileSync(path, "utf8"), context);
  return context.module.exports;
}

/** @throws z.ZodError when the package holds something else than it did at 4.4.0. */
export function readNsfwjsModel(): NsfwjsModel {
  const files = nsfwjsFiles();
  const [model, ...shards] = files.map(exportedBy);
  const manifest = readFileSync(join(packageFolder(), "package.json"), "utf8");
  return {
    version: z.object({ version: z.string() }).parse(JSON.parse(manifest)).version,
    licence: readFileSync(join(packageFolder(), "LICENSE"), "utf8"),
    files,
    model: modelSchema.parse(model),
    shards: shards.map((shard) => Buffer.from(z.string().parse(shard), "base64")),
  };
}
