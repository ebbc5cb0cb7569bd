/**
 * Every option of a training: type, default, limits, unit. Command-line flags, API input and the web form are made
 * from this schema; nothing else knows the options.
 */
import { z } from "zod";

/** The layers where the trunk may be cut, first to last (Keras's names). */
export const CUT_LAYERS = [
  "mixed0",
  "mixed1",
  "mixed2",
  "mixed3",
  "mixed4",
  "mixed5",
  "mixed6",
  "mixed7",
  "mixed8",
  "mixed9",
  "mixed10",
] as const;
export type CutLayer = (typeof CUT_LAYERS)[number];

/** How an option is shown at the edges; stored with zod's `.meta`. */
export interface OptionMeta {
  readonly description: string;
  readonly unit?: string;
}
const option = <T extends z.ZodType>(type: T, description: string, unit?: string): T =>
  type.meta(unit === undefined ? { description } : { description, unit });

const learningRate = z.number().positive().max(10);

/** Keras's ImageDataGenerator meanings. */
export const augmentationSchema = z.object({
  rotation: option(z.number().min(0).max(180).default(40), "random rotation, either way", "degrees"),
  shift: option(
    z.number().min(0).max(1).default(0.2),
    "random shift of width and height",
    "fraction of the side",
  ),
  shear: option(z.number().min(0).max(90).default(0.2), "random shear angle, as Keras reads it", "degrees"),
  zoom: option(z.number().min(0).max(0.95).default(0.2), "random zoom in [1 − z, 1 + z]", "fraction"),
  flip: option(z.boolean().default(true), "random horizontal flip"),
  brightness: option(z.number().min(0).max(1).default(0), "random brightness in [1 − b, 1 + b]", "fraction"),
});
export type Augmentation = z.infer<typeof augmentationSchema>;

export const trainConfigSchema = z.strictObject({
  recipe: option(
    z.enum(["gap", "classic"]).default("gap"),
    "head and its training: gap (fast, small) or classic (the course notebook's)",
  ),
  weights: option(
    z.string().min(1).default("auto"),
    "auto, bundled, imagenet, a .h5, .keras or model.json file, or a URL",
  ),
  inputRange: option(
    z.tuple([z.number(), z.number()]).optional(),
    "range the weights expect of pixels, e.g. -1,1; default: the source's own",
  ),
  cut: option(z.enum(CUT_LAYERS).default("mixed7"), "last trunk layer kept"),
  size: option(z.int().min(75).max(2048).default(150), "side of the images the trunk sees", "pixels"),
  fit: option(z.enum(["stretch", "crop", "pad"]).default("stretch"), "how an image becomes a square"),
  resize: option(z.enum(["bilinear", "nearest"]).default("bilinear"), "resize filter (Pillow's arithmetic)"),
  epochs: option(z.int().min(1).max(10_000).default(20), "passes over the training images", "epochs"),
  batchSize: option(z.int().min(1).max(4096).default(32), "images in one step", "images"),
  learningRate: option(learningRate.default(1e-3), "step length of the optimiser"),
  optimizer: option(
    z.enum(["adam", "rmsprop", "sgd"]).default("adam"),
    "update rule, with Keras 3's arithmetic",
  ),
  momentum: option(z.number().min(0).lt(1).default(0), "momentum of sgd"),
  dropout: option(
    z.number().min(0).lt(1).default(0.2),
    "share of the head's inputs to its last layer that a step drops",
  ),
  augment: option(
    augmentationSchema.nullable().default(null),
    "random changes to training images; null: none",
  ),
  variants: option(
    z.union([z.int().min(1).max(64), z.literal("online")]).default(4),
    "cached augmented copies an image, or online (new ones each epoch)",
    "copies",
  ),
  valSplit: option(
    z.number().gt(0).lt(1).default(0.2),
    "share held out for validation when the data set brings none",
    "fraction",
  ),
  groupPrefix: option(
    z.boolean().default(false),
    "keep images of one name prefix (clip3_…) on one side of the split",
  ),
  seed: option(
    z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(1),
    "start of all random numbers",
  ),
  earlyStop: option(
    z.int().min(1).max(1000).nullable().default(5),
    "epochs without a better validation loss before stopping; null: never",
    "epochs",
  ),
  classWeights: option(
    z.enum(["none", "balanced"]).default("none"),
    "balanced: classes with fewer images weigh more",
  ),
  cacheType: option(
    z.enum(["float32", "float16"]).default("float32"),
    "how features are stored in the cache",
  ),
  backend: option(
    z.string().min(1).optional(),
    "cpu, webgpu, cuda, wasm, or an id such as onnx:cpu; default: the fastest usable",
  ),
});

/** Complete options of a run, defaults filled in. */
export type TrainConfig = z.infer<typeof trainConfigSchema>;
/** Options as a user gives them. */
export type TrainConfigInput = z.input<typeof trainConfigSchema>;

/** What a recipe changes of the schema's defaults (DESIGN 7). The user's own options win over both. */
export const RECIPE_DEFAULTS: Readonly<Record<TrainConfig["recipe"], TrainConfigInput>> = {
  gap: {},
  classic: {
    optimizer: "rmsprop",
    learningRate: 1e-4,
    batchSize: 20,
    earlyStop: null,
    augment: {},
    variants: 4,
  },
};

/**
 * Schema defaults ← recipe defaults ← the user's options.
 * @throws z.ZodError; edges turn it into a message with `z.prettifyError`.
 */
export function parseTrainConfig(input: TrainConfigInput): TrainConfig {
  const recipe = trainConfigSchema.shape.recipe.parse(input.recipe);
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  return trainConfigSchema.parse({ ...RECIPE_DEFAULTS[recipe], ...given });
}
