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
  /** What an option that has no default means when it is not given. */
  readonly otherwise?: string;
}
const option = <T extends z.ZodType>(
  type: T,
  description: string,
  more: Omit<OptionMeta, "description"> = {},
): T => type.meta({ description, ...more });

const learningRate = z.number().positive().max(10);

/** Keras's ImageDataGenerator meanings. */
export const augmentationSchema = z.object({
  rotation: option(z.number().min(0).max(180).default(40), "random rotation, either way", {
    unit: "degrees",
  }),
  shift: option(z.number().min(0).max(1).default(0.2), "random shift of width and height", {
    unit: "fraction of the side",
  }),
  shear: option(z.number().min(0).max(90).default(0.2), "random shear angle, as Keras reads it", {
    unit: "degrees",
  }),
  zoom: option(z.number().min(0).max(0.95).default(0.2), "random zoom in [1 − z, 1 + z]", {
    unit: "fraction",
  }),
  flip: option(z.boolean().default(true), "random horizontal flip"),
  brightness: option(z.number().min(0).max(1).default(0), "random brightness in [1 − b, 1 + b]", {
    unit: "fraction",
  }),
});
export type Augmentation = z.infer<typeof augmentationSchema>;

export const trainConfigSchema = z.strictObject({
  recipe: option(
    z.enum(["gap", "classic"]).default("gap"),
    "what is trained: gap, one small layer, in seconds; classic, the course notebook's 1024 units",
  ),
  weights: option(
    z.string().min(1).default("auto"),
    "of the trunk: auto (imagenet where it can be had, else bundled), bundled, imagenet, a .h5, .keras or model.json file, or a URL",
  ),
  inputRange: option(
    z.tuple([z.number(), z.number()]).optional(),
    "range that pixels have for these weights, such as -1,1",
    { otherwise: "what the weights' source says" },
  ),
  cut: option(z.enum(CUT_LAYERS).default("mixed7"), "last layer of the trunk that is used"),
  size: option(z.int().min(75).max(2048).default(150), "side of the images that the trunk sees", {
    unit: "pixels",
  }),
  fit: option(
    z.enum(["stretch", "crop", "pad"]).default("stretch"),
    "how an image becomes a square: stretched, its middle, or all of it on white",
  ),
  resize: option(z.enum(["bilinear", "nearest"]).default("bilinear"), "resize filter (Pillow's arithmetic)"),
  epochs: option(z.int().min(1).max(10_000).default(20), "passes over the training images, at most", {
    unit: "epochs",
  }),
  batchSize: option(z.int().min(1).max(4096).default(32), "images in one step", { unit: "images" }),
  learningRate: option(learningRate.default(1e-3), "step length of the optimiser"),
  optimizer: option(
    z.enum(["adam", "rmsprop", "sgd"]).default("adam"),
    "update rule, with Keras 3's arithmetic",
  ),
  momentum: option(z.number().min(0).lt(1).default(0), "momentum of sgd; the others have none"),
  dropout: option(
    z.number().min(0).lt(1).default(0.2),
    "share of the last layer's inputs that each step leaves out",
    { unit: "fraction" },
  ),
  augment: option(
    augmentationSchema.nullable().default(null),
    "random rotation, shift, shear, zoom and flip of training images",
  ),
  variants: option(
    z.union([z.int().min(1).max(64), z.literal("online")]).default(4),
    "with --augment: changed copies of each image that are kept, or online, new ones each epoch (slow)",
    { unit: "copies" },
  ),
  valSplit: option(
    z.number().gt(0).lt(1).default(0.2),
    "share of the images held out for validation, when the data set brings none",
    { unit: "fraction" },
  ),
  groupPrefix: option(
    z.boolean().default(false),
    "keep images that are numbered alike (clip3_001, clip3_002) on one side of the split",
  ),
  seed: option(
    z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(1),
    "start of all random numbers: the same seed splits and trains the same",
  ),
  earlyStop: option(
    z.int().min(1).max(1000).nullable().default(5),
    "stop after so many epochs without a better validation loss",
    { unit: "epochs" },
  ),
  classWeights: option(
    z.enum(["none", "balanced"]).default("none"),
    "balanced: images of a class that has few of them weigh more",
  ),
  cacheType: option(
    z.enum(["float32", "float16"]).default("float32"),
    "how features are kept: float16 takes half the disk and is less exact",
  ),
  backend: option(
    z.string().min(1).optional(),
    "what computes: cpu, webgpu, cuda, wasm, or an id such as onnx:cpu",
    { otherwise: "the fastest usable" },
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
 * @throws z.ZodError, also for a momentum that the optimiser would pass over; edges turn it into a message with `z.prettifyError`.
 */
export function parseTrainConfig(input: TrainConfigInput): TrainConfig {
  const recipe = trainConfigSchema.shape.recipe.parse(input.recipe);
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const config = trainConfigSchema.parse({ ...RECIPE_DEFAULTS[recipe], ...given });
  if (config.momentum > 0 && config.optimizer !== "sgd") {
    const message = `only the optimizer sgd has a momentum, and this one is ${config.optimizer}`;
    throw new z.ZodError([{ code: "custom", path: ["momentum"], message, input: config.momentum }]);
  }
  return config;
}
