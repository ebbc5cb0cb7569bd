import type { Backend } from "../backend/backend.ts";
import { byCodeUnit } from "../by-code-unit.ts";
import { NO_CHECKPOINTS } from "../checkpoint/none.ts";
import type { TrainConfig } from "../config/config.ts";
import { parseTrainConfig } from "../config/parse-config.ts";
import { groupBy } from "../dataset/groups.ts";
import { type PrepareImage, preparedBy } from "../dataset/prepare-image.ts";
import { conflictingHashes, drawSplit } from "../dataset/split.ts";
import type { Dataset, DatasetImage, Split } from "../dataset/types.ts";
import { CoreError, deserializeError, throwIfCancelled } from "../errors.ts";
import type { FeatureKey, FeatureStore } from "../features/types.ts";
import type { Model } from "../model/types.ts";
import { createRandom } from "../numbers/random.ts";
import { shuffle } from "../numbers/shuffle.ts";
import type { SplitGap } from "../report/types.ts";
import { sha256 } from "../sha256.ts";
import { train } from "../train/train.ts";
import type { TrainResult } from "../train/types.ts";

/** Each split is drawn so many times: one draw of a small validation part differs by chance alone. */
const DRAWS = 3;

export interface SplitGapOptions {
  /** Whose trunk, cut and image rule are used; the head is the gap recipe's, trained anew. */
  readonly model: Model;
  readonly backend: Backend;
  readonly dataset: Dataset;
  readonly prepare: PrepareImage;
  readonly decodeAhead: number;
  /** Keeps the features between the trainings, and those of the model's own when it has them. */
  readonly store: FeatureStore;
  readonly signal?: AbortSignal;
  /** Called before each training. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** A data set in which each file counts by itself, and a key's way back to the file's content. */
async function everyFile(dataset: Dataset): Promise<{
  readonly dataset: Dataset;
  readonly contentOf: (hash: string) => string;
}> {
  const contents = new Map<string, string>();
  const conflicts = conflictingHashes(dataset.images);
  const images = await Promise.all(
    dataset.images
      .filter(({ hash }) => !conflicts.has(hash))
      .map(async (image): Promise<DatasetImage> => {
        const { part: _, group: __, ...rest } = image;
        const hash = await sha256(`${image.hash} ${image.path}`);
        contents.set(hash, image.hash);
        return { ...rest, hash };
      }),
  );
  return {
    dataset: { ...dataset, images, presplit: false },
    contentOf: (hash) => contents.get(hash) ?? hash,
  };
}

/** What most people do: of each class a share of the files is drawn, whatever they show. */
export function drawFileByFile(
  images: readonly Pick<DatasetImage, "hash" | "label">[],
  { seed, fraction }: { readonly seed: number; readonly fraction: number },
): Split {
  const sides = { train: [] as string[], validation: [] as string[] };
  for (const [label, same] of groupBy(images, ({ label }) => label)) {
    const hashes = same.map(({ hash }) => hash).sort(byCodeUnit);
    shuffle(hashes, createRandom("split file by file", seed, label));
    const held = Math.min(hashes.length - 1, Math.max(1, Math.round(hashes.length * fraction)));
    sides.validation.push(...hashes.slice(0, held));
    sides.train.push(...hashes.slice(held));
  }
  return {
    ...{ version: 1, kind: "drawn", seed, fraction, test: [] },
    train: sides.train.sort(byCodeUnit),
    validation: sides.validation.sort(byCodeUnit),
  };
}

/** Validation accuracy of a gap head that is trained on one split. */
async function accuracyOn(
  split: Split,
  {
    dataset,
    config,
    contentOf,
  }: { dataset: Dataset; config: TrainConfig; contentOf: (hash: string) => string },
  { model, backend, prepare, decodeAhead, store, signal }: SplitGapOptions,
): Promise<number> {
  const keyOf = (key: FeatureKey): FeatureKey => ({ ...key, hash: contentOf(key.hash) });
  const keysOf = (keys: readonly FeatureKey[]): FeatureKey[] => keys.map(keyOf);
  const events = train({
    ...{ run: "split-gap", config, dataset, split, weights: model.weights, backend, decodeAhead },
    prepare: preparedBy(prepare.decoder, (image, ...rest) =>
      prepare({ ...image, hash: contentOf(image.hash) }, ...rest),
    ),
    store: {
      getMany: (space, keys) => store.getMany(space, keysOf(keys)),
      hasMany: (space, keys) => store.hasMany(space, keysOf(keys)),
      putMany: (space, rows) =>
        store.putMany(
          space,
          rows.map(({ key, row }) => ({ key: keyOf(key), row })),
        ),
      lease: (space) => store.lease(space),
    },
    checkpoints: NO_CHECKPOINTS,
    likeness: false,
    saveModel: async () => "",
    ...(signal ? { signal } : {}),
  });
  let next = await events.next();
  while (!next.done) next = await events.next();
  const { error, metrics, status }: TrainResult = next.value;
  throwIfCancelled(signal);
  if (error) throw deserializeError(error);
  if (metrics?.valAccuracy === undefined)
    throw new TypeError(`a ${status} training has a validation accuracy`);
  return metrics.valAccuracy;
}

/** @throws CoreError `bad-input` for a split that holds nothing back: no head could be scored on it. */
function checkHoldsBack({ validation }: Split, { images }: Dataset): void {
  if (validation.length > 0) return;
  throw new CoreError("bad-input", {
    what: "There are too few pictures to measure the gap between splits.",
    received: images.length === 1 ? "1 picture" : `${images.length} pictures, none of which can be held back`,
    expected: "two pictures of a class",
    fix: "Take more pictures, or leave out `splitGap`.",
  });
}

/** Whether {@link measureSplitGap} can, before any work. @throws CoreError `unsupported` for a fine-tuned model. */
export function checkSplitGap({ manifest }: Model): void {
  if (manifest.fineTuned === undefined) return;
  throw new CoreError("unsupported", {
    what: "The gap between splits cannot be measured with a fine-tuned model: its trunk has seen images of both sides.",
    fix: "Leave out `splitGap`, or use a model that was not fine-tuned.",
  });
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/**
 * How much a split that knows no look-alikes flatters: the gap recipe's head is trained on splits that keep look-alikes
 * together and on splits of the same fraction and seeds that draw file by file, {@link DRAWS} of each; features are computed
 * once. Folders that the data set brings are not looked at.
 * @throws CoreError `unsupported` for a fine-tuned model, whose trunk has seen images of both sides; `bad-input` for too few
 *   pictures; as `train` and `drawSplit`.
 */
export async function measureSplitGap(options: SplitGapOptions): Promise<SplitGap> {
  const { model, dataset, onProgress } = options;
  checkSplitGap(model);
  const { cut, rule, config: ofModel } = model.manifest;
  const files = await everyFile(dataset);
  const whole: Dataset = {
    ...dataset,
    presplit: false,
    images: dataset.images.map(({ part: _, ...image }) => image),
  };
  const { cacheType, valSplit: fraction, seed: first } = ofModel;
  const { size, fit, resize } = rule;
  const [safe, random]: [number[], number[]] = [[], []];
  let images = 0;
  for (let draw = 0; draw < DRAWS; draw++) {
    const seed = first + draw;
    const config = parseTrainConfig({
      recipe: "gap",
      cut,
      size,
      fit,
      resize,
      cacheType,
      seed,
      valSplit: fraction,
    });
    onProgress?.({ done: 2 * draw, total: 2 * DRAWS });
    const kept = drawSplit(whole, { seed, fraction });
    const drawn = drawFileByFile(files.dataset.images, { seed, fraction });
    for (const split of [kept, drawn]) checkHoldsBack(split, dataset);
    safe.push(await accuracyOn(kept, { dataset: whole, config, contentOf: (hash) => hash }, options));
    onProgress?.({ done: 2 * draw + 1, total: 2 * DRAWS });
    images = drawn.validation.length;
    random.push(await accuracyOn(drawn, { ...files, config }, options));
  }
  return { safe: mean(safe), random: mean(random), images, draws: DRAWS };
}
