import * as z from "zod";
import { trainConfigSchema } from "../config/config.ts";
import { CoreError } from "../errors.ts";
import { metricsSchema } from "../events/event-schema.ts";
import { newerVersionError } from "../files/newer-version.ts";
import { inputFaultsText } from "../input-faults.ts";
import { CUT_LAYERS } from "../trunk/cut-layers.ts";
import type { ModelManifest } from "./types.ts";

/** Rises whenever an older graft could misread a model folder. */
export const MODEL_FORMAT_VERSION = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "it must be a sha256 in hex");
const count = z.int().min(0);

const headSchema = z
  .object({
    recipe: z.enum(["gap", "classic"]),
    numClasses: z.int().min(2),
    activation: z.enum(["sigmoid", "softmax"]),
    units: z.int().min(1),
    hidden: count,
    dropout: z.number().min(0).lt(1),
  })
  .refine(
    ({ activation, units, numClasses }) =>
      activation === "sigmoid" ? units === 1 && numClasses === 2 : units === numClasses,
    "sigmoid has one unit for two classes, softmax one for each class",
  );

/** An older graft leaves it out unread, and says nothing of likeness: the format version need not rise for it. */
const likenessSchema = z.object({
  layers: z.array(z.enum(CUT_LAYERS)).min(1),
  directions: z.int().min(1),
  threshold: z.number().min(0).max(1),
  keptShare: z.number().gt(0).max(1),
  trainingImages: count,
  heldBack: count,
  foreign: z.object({ name: z.string(), images: z.int().min(1), flagged: count }).exactOptional(),
});

const manifestSchema = z
  .object({
    formatVersion: z.literal(MODEL_FORMAT_VERSION),
    // plain names: a manifest must not lead a reader out of its folder
    files: z.record(z.string().regex(/^[\w-][\w.-]*$/), sha256),
    labels: z.array(z.string().min(1)).min(2),
    head: headSchema,
    cut: z.enum(CUT_LAYERS),
    rule: z.object({
      version: z.literal(1),
      size: z.int().min(75),
      fit: z.enum(["stretch", "crop", "pad"]),
      resize: z.enum(["bilinear", "nearest"]),
    }),
    weights: z.object({
      source: z.enum(["bundled", "imagenet", "file", "url"]),
      origin: z.string(),
      sha256,
      inputRange: z.tuple([z.number(), z.number()]),
    }),
    // not strict: an option that a newer graft added changes nothing of how a finished model is used
    config: z.object(trainConfigSchema.shape),
    fineTuned: z.string().exactOptional(),
    metrics: metricsSchema,
    run: z.string(),
    splitHash: z.string(),
    images: z.object({ train: count, validation: count, test: count }).exactOptional(),
    trainedOn: z.array(sha256),
    likeness: likenessSchema.exactOptional(),
    notSureBelow: z.number().gt(0).max(1).exactOptional(),
    backend: z.string(),
    versions: z.record(z.string(), z.string()),
    createdAt: z.string(),
  })
  .refine(
    ({ labels, head }) => labels.length === head.numClasses && new Set(labels).size === labels.length,
    "one name for each class, no name twice",
  );

/** What is told of a new model beside its numbers. */
export const modelFactsSchema = z.object({
  fineTuned: manifestSchema.shape.fineTuned,
  likeness: manifestSchema.shape.likeness,
});

/**
 * Reads the content of a graft.json.
 * @param where the file's path, for the message.
 * @throws CoreError `unsupported` for another format version, `corrupt` for text that is no manifest.
 */
export function parseManifest(text: string, where: string): ModelManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CoreError(
      "corrupt",
      { what: `${where} is not JSON.`, fix: "Train the model again, or use a complete copy of it." },
      { cause },
    );
  }
  const version = z.object({ formatVersion: z.number() }).safeParse(value).data?.formatVersion;
  if (version !== undefined && version > MODEL_FORMAT_VERSION)
    throw newerVersionError(where, `format version ${version}`, `format version ${MODEL_FORMAT_VERSION}`);
  if (version !== undefined && version !== MODEL_FORMAT_VERSION) {
    throw new CoreError("unsupported", {
      what: `${where} has a format that this graft cannot read.`,
      received: `format version ${version}`,
      expected: `format version ${MODEL_FORMAT_VERSION}`,
      fix: "Train the model again.",
    });
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CoreError("corrupt", {
    what: `${where} does not describe a model.`,
    received: inputFaultsText(parsed.error, value),
    fix: "Train the model again, or use a complete copy of it.",
  });
}
