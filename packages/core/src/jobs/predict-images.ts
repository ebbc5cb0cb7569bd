import type { Backend } from "../backend/backend.ts";
import { type CoreError, throwIfCancelled } from "../errors.ts";
import { isOfOneFile } from "../files/one-file-error.ts";
import type { ImageRule } from "../image/types.ts";
import type { Prediction } from "../metrics/types.ts";
import type { Model } from "../model/types.ts";
import { openFeaturePredictor, openPredictor } from "../predict/predict.ts";
import { type Dimensions, heatMapMaker } from "./explain.ts";
import type { Workspace } from "./workspace.ts";

/** An image that a model is asked about: a file, an upload, a frame of a camera. */
export interface AskedImage {
  /** What its owner calls it. */
  readonly name: string;
  /**
   * Pixels [size, size, 3] by a rule. Asked again at another size where the answer is explained, and must then show the same.
   * @throws CoreError as `ImageDecoder.decode`, `not-found`, `corrupt`; `unreadable` for trouble of the machine.
   */
  prepare(rule: ImageRule): Promise<Uint8Array>;
  /** Width and height after EXIF orientation, asked for where the answer is explained. @throws as `prepare`. */
  dimensions(): Promise<Dimensions>;
}

/** What a model said of an image. */
export interface ImageAnswer {
  readonly name: string;
  readonly prediction: Prediction;
  /** Where it was wanted: makes the PNG of the picture with what speaks for the answer coloured. */
  readonly heatMap?: () => Promise<Uint8Array>;
}

/** An image that cannot be used, and why; it stops nothing. */
export interface UnusableImage {
  readonly name: string;
  readonly error: CoreError;
}

export interface PredictJobOptions {
  readonly model: Model;
  readonly images: readonly AskedImage[];
  /** @default the fastest usable */
  readonly backend?: string | undefined;
  /** With heat maps; slower, for features are read back. @default false */
  readonly explain?: boolean;
}

interface UsableImage {
  readonly image: AskedImage;
  /** [size, size, 3] */
  readonly pixels: Uint8Array;
}

type PreparedImage = UsableImage | { readonly image: AskedImage; readonly error: CoreError };

/** A model that answers, and explains its answers where that was wanted. */
interface Answering extends Disposable {
  answer(images: readonly UsableImage[]): Promise<readonly ImageAnswer[]>;
}

/** Asks for features only where heat maps are made of them. */
async function openAnswers(
  workspace: Pick<Workspace, "encode">,
  { model, explain = false }: PredictJobOptions,
  backend: Backend,
): Promise<Answering> {
  if (!explain) {
    const predictor = await openPredictor(model, backend);
    return {
      async answer(images) {
        const predictions = await predictor.predict(images.map(({ pixels }) => pixels));
        return predictions.map((prediction, i) => ({ name: images[i]?.image.name ?? "", prediction }));
      },
      [Symbol.dispose]: () => predictor.dispose(),
    };
  }
  const heatMapOf = heatMapMaker(workspace, model);
  const predictor = await openFeaturePredictor(model, backend);
  return {
    async answer(images) {
      const all = await predictor.predictWithFeatures(images.map(({ pixels }) => pixels));
      return all.flatMap((seen, i) => {
        const image = images[i]?.image;
        if (!image) return [];
        const atSize = (size: number) => image.prepare({ ...model.manifest.rule, size });
        const heatMap = () => heatMapOf({ seen, atSize, dimensions: () => image.dimensions() });
        return [{ name: image.name, prediction: seen.prediction, heatMap }];
      });
    },
    [Symbol.dispose]: () => predictor.dispose(),
  };
}

async function prepareImage(image: AskedImage, rule: ImageRule): Promise<PreparedImage> {
  try {
    return { image, pixels: await image.prepare(rule) };
  } catch (error) {
    if (!isOfOneFile(error)) throw error;
    return { image, error };
  }
}

/** Prepares images one batch ahead of whoever takes them. */
async function* batchesOf(
  { images, model }: PredictJobOptions,
  batch: number,
): AsyncGenerator<readonly PreparedImage[]> {
  const { rule } = model.manifest;
  const start = (at: number): Promise<readonly PreparedImage[]> => {
    const started = Promise.all(images.slice(at, at + batch).map((image) => prepareImage(image, rule)));
    started.catch(() => undefined); // heard when its turn comes
    return started;
  };
  let next = start(0);
  for (let at = 0; at < images.length; at += batch) {
    const current = await next;
    next = start(at + batch);
    yield current;
  }
}

/**
 * Asks a model about images, as many at once as the backend likes best; the next ones are prepared meanwhile.
 * @returns for each image, in order, an answer or why there is none.
 * @throws CoreError `cancelled`; `unreadable` for trouble of the machine; as `selectBackend` and `openPredictor`.
 */
export async function* predictJob(
  workspace: Pick<Workspace, "encode" | "selectBackend" | "signal">,
  options: PredictJobOptions,
): AsyncGenerator<ImageAnswer | UnusableImage> {
  const { backend } = await workspace.selectBackend(options.backend);
  using model = await openAnswers(workspace, options, backend);
  for await (const batch of batchesOf(options, Math.max(1, backend.limits.preferredBatch))) {
    throwIfCancelled(workspace.signal);
    const answers = await model.answer(batch.flatMap((each) => ("pixels" in each ? [each] : [])));
    let answered = 0;
    for (const each of batch) {
      const given = "error" in each ? { name: each.image.name, error: each.error } : answers[answered++];
      if (given) yield given;
    }
  }
}
