import { eventLoopTurn } from "../concurrency/event-loop-turn.ts";
import type { TrainConfig } from "../config/config.ts";
import { parseTrainConfig } from "../config/parse-config.ts";
import { imagesOfPart } from "../dataset/images-of-part.ts";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { sweptFeatures, tapKey } from "./features.ts";
import { costOf } from "./predict-time.ts";
import { recommend } from "./recommend.ts";
import { trainOne } from "./train-one.ts";
import type { Spread, SweepOptions, SweepResult, SweepRow } from "./types.ts";

export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/** One config for each row of the table; the seeds come later. */
function configsOf({ configOf, axes }: SweepOptions): readonly TrainConfig[] {
  const { recipes, sizes, cuts, learningRates } = axes;
  return recipes.flatMap((recipe) => {
    const fixed = { ...configOf(recipe), augment: null, fineTune: null };
    return sizes.flatMap((size) =>
      cuts.flatMap((cut) =>
        learningRates.map((learningRate) => parseTrainConfig({ ...fixed, recipe, size, cut, learningRate })),
      ),
    );
  });
}

/** An axis without a value would be a sweep over nothing. @throws CoreError `bad-input` */
export function checkAxes(axes: SweepOptions["axes"]): void {
  const empty = Object.entries(axes).flatMap(([axis, values]) => (values.length === 0 ? [axis] : []));
  if (empty.length === 0) return;
  throw new CoreError("bad-input", {
    what: "A sweep needs at least one value of each thing that it varies.",
    received: `none of ${empty.join(", ")}`,
  });
}

function checkParts(options: SweepOptions): SweepResult["images"] {
  const [train, validation] = (["train", "validation"] as const).map(
    (part) => imagesOfPart(options.dataset, options.split, part).length,
  );
  if (!train || !validation) {
    throw new CoreError("bad-input", {
      what: "A sweep needs images to train on and images to compare on.",
      received: `${train ?? 0} training images, ${validation ?? 0} validation images`,
      fix: "Give a data set with both, or a larger `valSplit`.",
    });
  }
  return { train, validation };
}

/**
 * Trains a head for every combination of the axes and each seed, on features of one pass of the trunk for each size, and
 * compares them on the validation images.
 * @throws CoreError `bad-input` without images on both sides, or when every head diverges; `cancelled`; as `extractTaps`.
 */
export async function sweep(options: SweepOptions): Promise<SweepResult> {
  const { axes, backend, dataset, signal, onProgress } = options;
  const images = checkParts(options);
  const configs = configsOf(options);
  const rows: SweepRow[] = [];
  const heads = { done: 0, total: configs.length * axes.seeds.length };
  const costs = new Map<string, Pick<SweepRow, "modelBytes" | "predictMs">>();
  for (const [at, size] of axes.sizes.entries()) {
    const ofSize = configs.filter((config) => config.size === size);
    const perSize = images.train + images.validation;
    const features = await sweptFeatures(ofSize, options, (part, done) => {
      const before = at * perSize + (part === "train" ? 0 : images.train);
      onProgress?.({ phase: "features", done: before + done, total: perSize * axes.sizes.length });
    });
    for (const config of ofSize) {
      const ofConfig = features.get(tapKey(config));
      if (!ofConfig) throw new TypeError("every config has its features");
      const kept = [];
      for (const seed of axes.seeds) {
        await eventLoopTurn();
        throwIfCancelled(signal);
        const numClasses = dataset.labels.length;
        kept.push(await trainOne({ ...config, seed }, ofConfig, { backend, numClasses, signal }));
        heads.done++;
        onProgress?.({ phase: "heads", ...heads });
      }
      const finite = kept.filter((metrics) => metrics !== undefined);
      const key = `${config.recipe} ${config.size} ${config.cut}`;
      const cost = costs.get(key) ?? (await costOf(config, options));
      costs.set(key, cost);
      rows.push({
        ...{ recipe: config.recipe, size, cut: config.cut, learningRate: config.learningRate },
        accuracy: spreadOf(finite.map(({ valAccuracy }) => valAccuracy ?? Number.NaN)),
        loss: spreadOf(finite.map(({ valLoss }) => valLoss ?? Number.NaN)),
        diverged: kept.length - finite.length,
        ...cost,
      });
    }
  }
  return resultOf(rows, images);
}

function resultOf(rows: readonly SweepRow[], images: SweepResult["images"]): SweepResult {
  const rank = ({ accuracy }: SweepRow): number => (Number.isFinite(accuracy.mean) ? accuracy.mean : -1);
  const sorted = rows.toSorted((a, b) => rank(b) - rank(a) || a.loss.mean - b.loss.mean);
  if (sorted.every((row) => rank(row) < 0)) {
    throw new CoreError("diverged", {
      what: "The loss of every head of the sweep stopped being a number.",
      received: `learning rates ${[...new Set(rows.map(({ learningRate }) => learningRate))].join(", ")}`,
      fix: "Try smaller ones: `learningRates: 1e-4,1e-3`.",
    });
  }
  const { row, reason } = recommend(sorted, images.validation);
  return { rows: sorted, recommended: row, reason, images };
}
