import type { ImageRule } from "../image/types.ts";
import type { Model } from "../model/types.ts";
import { modelAccuracy } from "../train/model-accuracy.ts";
import type { WeightsInfo } from "../trunk/types.ts";
import { columnsText } from "./columns.ts";
import { NOT_SURE_TEXT, UNLIKE_TEXT } from "./likeness-snippet.ts";
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
      "It was not tested on pictures kept out of the training, so nobody knows how good it is on new ones.",
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
        `With that many pictures, the true figure lies between ${percent(low)} and ${percent(high)} (95 % confidence).`,
      );
    }
    if (config.earlyStop !== null) {
      lines.push("The same pictures decided which epoch was kept, so the figure is a little too good.");
    }
    lines.push(
      "It holds for pictures like these; on others the model can be much worse. Measure it on your own pictures: `graft evaluate`.",
    );
  }
  const behind = float32ValAccuracy === undefined ? "" : ", with the int8 trunk used in training";
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
    "They come from the npm package nsfwjs 4.4.0 (MIT licence): ImageNet weights that its makers trained further for another task from conv2d_56 on, and stored in 8 bits. They are weaker than the original ImageNet weights.",
  imagenet:
    "They are the public Keras file (Apache 2.0 licence), trained on ImageNet. ImageNet's pictures themselves are for research and teaching only; you must judge for yourself whether that limits what was learned from them.",
  file: "They come from a file that was given to graft; its makers' licence applies, and graft knows nothing more about them.",
  url: "They come from an address that was given to graft; its makers' licence applies, and graft knows nothing more about them.",
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
    "1. Decode the picture, turn it as its EXIF orientation says and convert it to 8-bit sRGB; transparent parts become white.",
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
      "epochs (at most)",
      `${config.epochs}${config.earlyStop === null ? "" : `, stopping ${config.earlyStop} after the best`}`,
    ],
    ["batch", `${config.batchSize}`],
    ["optimiser", optimiser(config)],
    ...(config.labelSmoothing > 0 ? [["label smoothing", `${config.labelSmoothing}`] as const] : []),
    ...(config.mixup > 0 ? [["mixup", `alpha ${config.mixup}`] as const] : []),
    ...(config.precision === "int8"
      ? [["features", "from an int8 trunk; this model's own trunk is float32"] as const]
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
  return `from ${from} on, batch-norm statistics unchanged; at most ${fineTuneEpochs} epochs, learning rate ${rate}`;
}

/** What a model says of pictures of something else, and what it misses. */
function likenessText({ likeness }: Manifest): string[] {
  if (!likeness) {
    return [
      "This model cannot tell when a picture shows something else: it was trained on too few pictures, or with too few kept out, to learn what is usual.",
    ];
  }
  const { threshold, keptShare, trainingImages, heldBack, foreign } = likeness;
  const wrongly = Math.round(100 * (1 - keptShare));
  const ofForeign = foreign
    ? [
        `Of ${foreign.images} ${foreign.name}, which are nothing like a photo, it said so of ${foreign.flagged}; for photos of other things expect far fewer.`,
      ]
    : [];
  return [
    `Beside an answer \`graft predict\` may say "${UNLIKE_TEXT}": the picture's features are further than ${threshold.toFixed(3)}`,
    `from those of ${pictures(trainingImages)} used in training. The bound is set so that it says so wrongly of`,
    `about ${wrongly} in 100 ordinary pictures (it was measured on the ${pictures(heldBack)} kept out of the training).`,
    ...ofForeign,
    "It misses many: a model trained on 400 cats and dogs said so of 60 in 100 photos of all sorts of other things, one trained on",
    "245 ants and bees of 40 in 100, and one trained on all sorts of things of 17 (graft's own measurements). A picture that is like",
    "the training pictures in light, background or texture goes unnoticed. So the words are a reason to look closer, and their\nabsence promises nothing.",
  ];
}

/** A class name as Markdown shows it, whatever is in it. */
const escaped = (text: string): string => text.replace(/[\\`*_[\]<>|#]/g, "\\$&").replace(/\s+/g, " ");

/** README.md of a model folder, in plain words: what the model is, how good, how made, how to use it. */
export function modelCard(manifest: Manifest): string {
  const { labels, cut, weights, fineTuned, notSureBelow } = manifest;
  const names = labels.map(escaped);
  const lines = [
    `# ${names.length > 5 ? `${names.length} classes` : names.join(", ")}: which one does a picture show?`,
    "",
    `This model looks at a picture and gives each of ${names.length} classes a probability: ${names.join(", ")}.`,
    "It always chooses among these, even for a picture that shows none of them.",
    ...(notSureBelow === undefined
      ? []
      : [
          `Where none of them has a probability of at least ${notSureBelow}, it says "${NOT_SURE_TEXT}" instead.`,
        ]),
    `It was made by transfer learning with graft: InceptionV3, trained by others, is ${fineTuned === undefined ? "kept unchanged" : "used"} up to its layer`,
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
    "graft evaluate THIS_FOLDER FOLDER_WITH_ONE_SUBFOLDER_PER_CLASS",
    "```",
    "",
    "In JavaScript, with nothing but TensorFlow.js:",
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
    "## What happens to a picture first",
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
      : [`The training changed those of the layers from \`${fineTuned}\` on.`]),
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
    "config, metrics, and the sha256 of every file. graft does not open the folder if any file but this page has changed.",
    "",
  ];
  return lines.join("\n");
}
