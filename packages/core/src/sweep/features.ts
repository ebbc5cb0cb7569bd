import type { DatasetImage, Part } from "../dataset/types.ts";
import { extractTaps } from "../features/extract.ts";
import { recipeSpace, recipeTap, rowShapeOf } from "../features/recipe-space.ts";
import type { TrainConfig } from "../train/config.ts";
import { imageRule } from "../train/feature-source.ts";
import { imagesOfPart } from "../train/images-of-part.ts";
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
 * lacks. Images that can not be read are left out.
 * @throws CoreError as `extractTaps`.
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
    space: recipeSpace({ config, rule, weights, augmentation: null, backend }),
    rowShape: rowShapeOf(config),
  }));
  const graph = () => {
    const layers = [...byKey].map(([key, config]) => [key, recipeTap(config, "features")] as const);
    return tappedTrunk(weights, { taps: Object.fromEntries(layers), size: first.size });
  };
  const rowsOf = async (part: Part): Promise<readonly LabelledRows[]> => {
    const images = imagesOfPart(options.dataset, options.split, part);
    const broken = new Set<DatasetImage>();
    const tables = await extractTaps({
      ...{ images, taps, store, prepare, decodeAhead, variants: [0] },
      openProgram: () => backend.compile(graph()),
      batch: backend.limits.preferredBatch,
      onBroken: (image) => void broken.add(image),
      onProgress: ({ done }) => onDone(part, done),
      ...(signal ? { signal } : {}),
    });
    return tables.map((table) => readableRows(table, images, { broken }));
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
