import type { TrainConfig } from "../config/config.ts";
import { imagesOfPart } from "../dataset/images-of-part.ts";
import { LostImages } from "../dataset/lost-images.ts";
import type { Part } from "../dataset/types.ts";
import { extractTaps } from "../features/extract.ts";
import { recipeSpace, recipeTap, rowShapeOf } from "../features/recipe-space.ts";
import { imageRule } from "../train/feature-source.ts";
import { type LabelledRows, readableRows } from "../train/labelled-rows.ts";
import { tappedTrunk } from "../trunk/build.ts";
import type { SweepData } from "./types.ts";

/** What a head is trained and checked on. */
export interface SweptFeatures {
  readonly rowShape: readonly number[];
  readonly train: LabelledRows;
  readonly validation: LabelledRows;
}

/** Where a recipe and a cut find their features; recipes that take the same share them. */
export function tapKey(config: Pick<TrainConfig, "recipe" | "cut">): string {
  const { layer, pool } = recipeTap(config, "features");
  return `${layer} ${pool}`;
}

/**
 * Features of all configs, which have one image rule, by {@link tapKey}: one pass of the trunk gives all that the store
 * lacks. A few images that are lost meanwhile are left out.
 * @throws CoreError as `extractTaps`; `unreadable` when too many images are lost (see {@link LostImages}).
 */
export async function sweptFeatures(
  configs: readonly TrainConfig[],
  options: SweepData,
  onDone: (part: Part, done: number) => void,
): Promise<ReadonlyMap<string, SweptFeatures>> {
  const byKey = new Map(configs.map((config) => [tapKey(config), config]));
  const [first] = byKey.values();
  if (!first) return new Map();
  const { weights, backend, store, prepare, decodeAhead, signal } = options;
  const rule = imageRule(first);
  const taps = [...byKey].map(([output, config]) => ({
    output,
    space: recipeSpace({ config, rule, weights, decoder: prepare.decoder, augmentation: null, backend }),
    rowShape: rowShapeOf(config),
  }));
  const graph = () => {
    const layers = [...byKey].map(([key, config]) => [key, recipeTap(config, "features")] as const);
    return tappedTrunk(weights, { taps: Object.fromEntries(layers), size: first.size });
  };
  const { dataset, split } = options;
  const parts = {
    train: imagesOfPart(dataset, split, "train"),
    validation: imagesOfPart(dataset, split, "validation"),
  };
  const { source, labels } = dataset;
  const lost = new LostImages({ source, labels, needed: parts.train, validation: parts.validation });
  const rowsOf = async (part: "train" | "validation"): Promise<readonly LabelledRows[]> => {
    const images = parts[part];
    const tables = await extractTaps({
      ...{ images, taps, store, prepare, decodeAhead, variants: [0] },
      openProgram: () => backend.compile(graph()),
      batch: backend.limits.preferredBatch,
      onBroken: (image, error) => lost.add(image, error),
      onProgress: ({ done }) => onDone(part, done),
      ...(signal ? { signal } : {}),
    }).catch(async (error: unknown) => {
      throw await lost.refusal(error, { prepare, rule, decodeAhead, signal });
    });
    return tables.map((table) => readableRows(table, images, { broken: lost }));
  };
  const [train, validation] = [await rowsOf("train"), await rowsOf("validation")];
  return new Map(
    taps.flatMap(({ output, rowShape }, at) => {
      const [forTraining, held] = [train[at], validation[at]];
      return forTraining && held
        ? [[output, { rowShape, train: forTraining, validation: held }] as const]
        : [];
    }),
  );
}
