/**
 * Every option of a training: type, default, limits, unit. Command-line flags, API input and the web form are made
 * from this schema; nothing else knows the options.
 */
import * as z from "zod";
import { CUT_LAYERS } from "../trunk/cut-layers.ts";

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

/** Keras's default of AdamW. */
export const WEIGHT_DECAY = 0.004;

/** How a learning rate goes through a phase (train/schedule.ts). */
export const SCHEDULES = ["constant", "cosine", "plateau"] as const;

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
    "weights of the trunk: auto (imagenet if available, else bundled), bundled, imagenet, a .h5, .keras or model.json file, a graft model (its folder or run), or a URL",
  ),
  inputRange: option(
    z.tuple([z.number(), z.number()]).optional(),
    "range of pixel values that these weights expect, such as -1,1",
    { otherwise: "what the weights' source says" },
  ),
  cut: option(z.enum(CUT_LAYERS).default("mixed7"), "last layer of the trunk that is used"),
  size: option(z.int().min(75).max(2048).default(150), "width and height of the images that the trunk sees", {
    unit: "pixels",
  }),
  fit: option(
    z.enum(["stretch", "crop", "pad"]).default("stretch"),
    "how an image becomes a square: stretched, cut to its middle, or padded with white",
  ),
  resize: option(z.enum(["bilinear", "nearest"]).default("bilinear"), "resize filter (Pillow's arithmetic)"),
  epochs: option(
    z.int().min(1).max(10_000).default(20),
    "maximum number of passes over the training images",
    {
      unit: "epochs",
    },
  ),
  batchSize: option(z.int().min(1).max(4096).default(32), "images in one step", { unit: "images" }),
  learningRate: option(learningRate.default(1e-3), "how far the optimiser moves in each step"),
  schedule: option(
    z.enum(SCHEDULES).default("constant"),
    "how the learning rate changes: constant; cosine, down to 0 at the last epoch; plateau, halved after 3 epochs without a better validation loss",
  ),
  warmup: option(
    z.number().min(0).max(10_000).default(0),
    "epochs over which the learning rate rises from 0 to its value, such as 0.5",
    { unit: "epochs" },
  ),
  optimizer: option(
    z.enum(["adam", "adamw", "rmsprop", "sgd"]).default("adam"),
    "update rule, with Keras 3's arithmetic",
  ),
  weightDecay: option(
    z.number().min(0).max(1).default(WEIGHT_DECAY),
    "for adamw: share of each weight, times the learning rate, that each step takes away",
  ),
  momentum: option(
    z.number().min(0).lt(1).default(0),
    "for sgd: momentum, which the other optimisers do not have",
  ),
  dropout: option(
    z.number().min(0).lt(1).default(0.2),
    "share of the last layer's inputs that each step leaves out",
    { unit: "fraction" },
  ),
  labelSmoothing: option(
    z.number().min(0).lt(1).default(0),
    "share of each label that training spreads over all classes, to make the model less sure",
    { unit: "fraction" },
  ),
  mixup: option(
    z.number().min(0).max(1).default(0),
    "alpha of mixup: each batch's features and labels are mixed by a share drawn from Beta(alpha, alpha); 0 for none, 0.2 is usual",
  ),
  augment: option(
    augmentationSchema.nullable().default(null),
    "random rotation, shift, shear, zoom and flip of training images",
  ),
  variants: option(
    z.union([z.int().min(1).max(64), z.literal("online")]).default(4),
    "with `augment`: how many changed copies of each image to keep, or online for new ones each epoch (slow)",
    { unit: "copies" },
  ),
  valSplit: option(
    z.number().gt(0).lt(1).default(0.2),
    "share of the images held out for validation, if the data set has no validation images",
    { unit: "fraction" },
  ),
  groupPrefix: option(
    z.boolean().default(false),
    "keep images that are numbered alike (clip3_001, clip3_002) on one side of the split",
  ),
  labelsFrom: option(
    z.string().min(1).optional(),
    "where the labels come from: folders, inner-folders, names (cat.0.jpg), or a table as FILE or FILE:COLUMN",
    { otherwise: "what the layout says" },
  ),
  seed: option(
    z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(1),
    "seed of all random numbers: the same seed gives the same split and training",
  ),
  earlyStop: option(
    z.int().min(1).max(1000).nullable().default(5),
    "stop after this many epochs without a better validation loss",
    { unit: "epochs" },
  ),
  fineTune: option(
    z.string().min(1).nullable().default(null),
    "then train the trunk too, from this block (mixed6) or layer (conv2d_56) up to the cut",
  ),
  fineTuneEpochs: option(
    z.int().min(1).max(10_000).default(10),
    "with `fineTune`: maximum number of passes over the training images",
    { unit: "epochs" },
  ),
  fineTuneLearningRate: option(
    learningRate.default(1e-5),
    "with `fineTune`: how far the optimiser moves in each step",
  ),
  fineTuneSchedule: option(
    z.enum(SCHEDULES).default("constant"),
    "with `fineTune`: how its learning rate changes, as `schedule`",
  ),
  fineTuneWarmup: option(
    z.number().min(0).max(10_000).default(0),
    "with `fineTune`: epochs over which its learning rate rises from 0 to its value",
    { unit: "epochs" },
  ),
  classWeights: option(
    z.enum(["none", "balanced"]).default("none"),
    "balanced: images of a small class count for more",
  ),
  precision: option(
    z.enum(["float32", "int8"]).default("float32"),
    "precision of the trunk while training: int8 is faster on onnx:cpu and nearly as exact; predictions always use float32",
  ),
  cacheType: option(
    z.enum(["float32", "float16"]).default("float32"),
    "how features are kept: float16 takes half the disk space and is less exact",
  ),
  backend: option(
    z.string().min(1).optional(),
    "what to compute with: cpu, webgpu, cuda, wasm, or an id such as onnx:cpu",
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
