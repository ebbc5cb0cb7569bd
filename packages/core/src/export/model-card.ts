import type { ImageRule } from "../image/types.ts";
import type { Model } from "../model/types.ts";
import { modelAccuracy } from "../train/model-accuracy.ts";
import type { WeightsInfo } from "../trunk/types.ts";
import { columnsText } from "./columns.ts";
import { UNLIKE_TEXT } from "./likeness-snippet.ts";
import { scaleFormula, tfjsSnippet } from "./tfjs-snippet.ts";

type Manifest = Model["manifest"];

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** "1 picture", "20 pictures". */
const pictures = (count: number): string => `${count} picture${count === 1 ? "" : "s"}`;

/** Bounds between which the true share lies with 95 % confidence when `share` was measured on `count` images (Wilson's interval). */
function confidence(share: number, count: number): readonly [number, number] {
  const z = 1.96;
  const middle = (share + z ** 2 / (2 * count)) / (1 + z ** 2 / count);
  const half = (z / (1 + z ** 2 / count)) * Math.sqrt((share * (1 - share)) / count + (z / (2 * count)) ** 2);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

function quality({ metrics, images, config }: Manifest): string[] {
  const { accuracy, loss, valAccuracy, valLoss, float32ValAccuracy } = metrics;
  const measured = modelAccuracy(metrics);
  const lines: string[] = [];
  if (measured === undefined) {
    lines.push(
      "It was not measured on pictures kept out of the training, so how good it is on new pictures is unknown.",
    );
  } else {
    const count = images?.validation;
    const of = count ? ` of the ${pictures(count)}` : " of the pictures";
    lines.push(
      `It was right on **${percent(measured)}**${of} that were kept out of the training (validation).`,
    );
    if (count) {
      const [low, high] = confidence(measured, count);
      lines.push(
        `With so many pictures, the true figure lies between ${percent(low)} and ${percent(high)} (95 % confidence).`,
      );
    }
    if (config.earlyStop !== null) {
      lines.push("The same pictures chose the epoch that was kept, so the figure is a little too friendly.");
    }
    lines.push(
      "It holds for pictures like these; on others it can be much worse. Measure it on your own: `graft evaluate`.",
    );
  }
  const behind = float32ValAccuracy === undefined ? "" : ", behind the int8 trunk of the training";
  const rows: readonly (readonly [string, number | undefined, number | undefined])[] = [
    ...(float32ValAccuracy === undefined ? [] : [["accuracy", undefined, float32ValAccuracy] as const]),
    [`accuracy${behind}`, accuracy, valAccuracy],
    [`loss (cross-entropy)${behind}`, loss, valLoss],
  ];
  const cell = (value: number | undefined): string =>
    value === undefined ? "not measured" : value.toFixed(4);
  const table = rows.map(([name, train, validation]) => `| ${name} | ${cell(train)} | ${cell(validation)} |`);
  return [lines.join(" "), "", "| | training | validation |", "|---|---|---|", ...table];
}

const WEIGHTS_TEXT: Readonly<Record<WeightsInfo["source"], string>> = {
  bundled:
    "They come from the npm package nsfwjs 4.4.0 (MIT licence): ImageNet weights that its makers went on training for another task from conv2d_56 on, stored in 8 bits. They are weaker than the original ImageNet weights.",
  imagenet:
    "They are the public Keras file (Apache 2.0 licence), trained on ImageNet. ImageNet's pictures themselves are for research and teaching only; whether that binds what was learned from them is for you to judge.",
  file: "They come from a file that was given; its makers' licence holds, and graft knows nothing more of them.",
  url: "They come from an address that was given; its makers' licence holds, and graft knows nothing more of them.",
};

const FIT_TEXT: Readonly<Record<ImageRule["fit"], (size: number) => string>> = {
  stretch: (size) => `stretch it to ${size} × ${size} pixels, whatever its shape`,
  crop: (size) => `cut out the middle square and resize it to ${size} × ${size} pixels`,
  pad: (size) => `resize it to fit ${size} × ${size} pixels and fill the rest with white`,
};

function imageRule({ rule, weights }: Manifest): string[] {
  const filter =
    rule.resize === "bilinear" ? "Pillow's BILINEAR (which smooths when it shrinks)" : "Pillow's NEAREST";
  const [low, high] = weights.inputRange;
  return [
    "1. Decode the picture, turn it as its EXIF orientation says, to 8-bit sRGB; what is transparent becomes white.",
    `2. ${FIT_TEXT[rule.fit](rule.size).replace(/^./, (first) => first.toUpperCase())}. The filter is ${filter}.`,
    `3. Scale 0 … 255 to ${low} … ${high}: \`${scaleFormula(weights.inputRange)}\`. graft's own commands do all three steps.`,
  ];
}

function training({
  config,
  backend,
  run,
  createdAt,
  versions,
  images,
  trainedOn,
  splitHash,
  fineTuned,
}: Manifest): string[] {
  const counts = images
    ? `${images.train} for training, ${images.validation} for validation, ${images.test} for testing`
    : `${trainedOn.length} for training`;
  const rows: readonly (readonly [string, string])[] = [
    ["pictures", counts],
    ["recipe", config.recipe],
    [
      "epochs, at most",
      `${config.epochs}${config.earlyStop === null ? "" : `, stopping ${config.earlyStop} after the best`}`,
    ],
    ["batch", `${config.batchSize}`],
    ["optimiser", optimiser(config)],
    ...(config.labelSmoothing > 0 ? [["label smoothing", `${config.labelSmoothing}`] as const] : []),
    ...(config.mixup > 0 ? [["mixup", `alpha ${config.mixup}`] as const] : []),
    ...(config.precision === "int8"
      ? [["features", "of an int8 trunk; this model's own trunk is float32"] as const]
      : []),
    ["dropout", `${config.dropout}`],
    ...(fineTuned === undefined ? [] : [["fine-tuning", fineTuning(config, fineTuned)] as const]),
    ["augmentation", config.augment === null ? "none" : JSON.stringify(config.augment)],
    ["class weights", config.classWeights],
    ["seed", `${config.seed}`],
    ["split (sha256)", splitHash],
    ["run", run],
    ["computed by", backend],
    [
      "versions",
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    ],
    ["made", createdAt],
  ];
  return ["| | |", "|---|---|", ...rows.map(([name, value]) => `| ${name} | ${value} |`)];
}

const scheduled = (kind: string, warmup: number): string =>
  `${kind === "constant" ? "" : `, ${kind}`}${warmup > 0 ? `, ${warmup} epochs of warm-up` : ""}`;

function optimiser({ optimizer, learningRate, schedule, warmup, weightDecay }: Manifest["config"]): string {
  const decay = optimizer === "adamw" ? `, weight decay ${weightDecay}` : "";
  return `${optimizer}, learning rate ${learningRate}${scheduled(schedule, warmup)}${decay}`;
}

function fineTuning(config: Manifest["config"], from: string): string {
  const { fineTuneEpochs, fineTuneLearningRate, fineTuneSchedule, fineTuneWarmup } = config;
  const rate = `${fineTuneLearningRate}${scheduled(fineTuneSchedule, fineTuneWarmup)}`;
  return `from ${from} on, batch norms' statistics kept; at most ${fineTuneEpochs} epochs, learning rate ${rate}`;
}

/** What a model says of pictures of something else, and what it misses. */
function likenessText({ likeness }: Manifest): string[] {
  if (!likeness) {
    return [
      "This model does not say so: it was trained on too few pictures, or with too few kept out, to learn what is usual.",
    ];
  }
  const { threshold, keptShare, trainingImages, heldBack, foreign } = likeness;
  const wrongly = Math.round(100 * (1 - keptShare));
  const ofForeign = foreign
    ? [
        `Of ${foreign.images} ${foreign.name}, which are nothing like a photo, it said so of ${foreign.flagged}; of photos of other things expect much less.`,
      ]
    : [];
  return [
    `Beside an answer \`graft predict\` may say "${UNLIKE_TEXT}": the picture's features lie further than ${threshold.toFixed(3)}`,
    `from those of ${pictures(trainingImages)} of the training. The bound is drawn so that about ${wrongly} in 100 ordinary pictures are called so`,
    `wrongly (it was taken from the ${pictures(heldBack)} kept out of the training).`,
    ...ofForeign,
    "It misses much: a model of 400 cats and dogs said so of 60 in 100 photos of all sorts of other things, one of 245 ants and",
    "bees of 40 in 100, and one that had learned from all sorts of things of 17 (graft's own measurements). What looks like the",
    "training in light, background or texture passes. So the words are a reason to look, and their absence is no promise.",
  ];
}

/** A class name as Markdown shows it, whatever is in it. */
const escaped = (text: string): string => text.replace(/[\\`*_[\]<>|#]/g, "\\$&").replace(/\s+/g, " ");

/** README.md of a model folder, in plain words: what the model is, how good, how made, how to use it. */
export function modelCard(manifest: Manifest): string {
  const { labels, cut, weights, fineTuned } = manifest;
  const names = labels.map(escaped);
  const lines = [
    `# ${names.length > 5 ? `${names.length} classes` : names.join(", ")}: which one does a picture show?`,
    "",
    `This model looks at a picture and gives each of ${names.length} classes a probability: ${names.join(", ")}.`,
    "It always chooses among these, even for a picture that shows none of them.",
    `It was made by transfer learning with graft: InceptionV3, trained by others, is ${fineTuned === undefined ? "kept as it is" : "used"} up to its layer`,
    `\`${cut}\`, and a new last part (the head) was trained on ${pictures(manifest.trainedOn.length)}.`,
    ...(fineTuned === undefined
      ? []
      : [`Its layers from \`${fineTuned}\` on were then trained a little too, together with the head.`]),
    "",
    "## How good it is",
    "",
    ...quality(manifest),
    "",
    "## Pictures of something else",
    "",
    ...likenessText(manifest),
    "",
    "## Use it",
    "",
    "From the command line, with graft:",
    "",
    "```",
    "graft predict THIS_FOLDER photo.jpg",
    "graft predict THIS_FOLDER photos/ --csv > answers.csv",
    "graft evaluate THIS_FOLDER FOLDER_WITH_ONE_SUBFOLDER_A_CLASS",
    "```",
    "",
    "In JavaScript, with TensorFlow.js alone:",
    "",
    "```js",
    tfjsSnippet(manifest),
    "```",
    "",
    `The output of this folder's \`model.json\` has ${escaped(columnsText(manifest))}.`,
    ...(manifest.head.activation === "sigmoid"
      ? [
          "`graft export` (h5, keras, tfjs, onnx …) writes a column for each class instead, so that the largest one is the",
          "answer; `--columns 1` keeps the single one.",
        ]
      : []),
    "",
    "A browser resizes a little differently from step 2 below, so these answers differ a little from graft's.",
    "",
    "## What is done to a picture first",
    "",
    ...imageRule(manifest),
    "",
    "## How it was trained",
    "",
    ...training(manifest),
    "",
    "## Whose weights these are",
    "",
    `The trunk's weights: ${weights.origin} (sha256 of the numbers: ${weights.sha256}). ${WEIGHTS_TEXT[weights.source]}`,
    ...(fineTuned === undefined
      ? []
      : [`Those of the layers from \`${fineTuned}\` on were changed by the training.`]),
    "The head was learned from your pictures; what you may do with it depends on what you may do with them.",
    "",
    "## Files",
    "",
    ...(manifest.likeness
      ? [
          `\`likeness.bin\`: ${manifest.likeness.directions} directions of the training's features, in 8 bits (\`likeness\` in \`graft.json\` says more).`,
        ]
      : []),
    "`model.json` and `weights.bin`: the whole network as a TensorFlow.js LayersModel. `graft.json`: labels, image rule,",
    "config, metrics, and the sha256 of every file. graft does not open a folder in which another file than this page has changed.",
    "",
  ];
  return lines.join("\n");
}
