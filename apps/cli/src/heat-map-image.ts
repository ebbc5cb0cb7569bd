import { gradCam, type Model, overlayHeat, type PredictionWithFeatures, type RgbImage } from "@graft/core";
import type { HashedFile, ImagePool } from "@graft/core/node";

/** A model as far as explaining it goes. */
export type Explained = Pick<Model, "manifest" | "head">;

export interface HeatMapImageOptions {
  readonly model: Explained;
  readonly seen: PredictionWithFeatures;
  /** Where the picture is read again, for it is shown larger than the model saw it. */
  readonly file: HashedFile;
  readonly pool: ImagePool;
  /** Side of the picture in pixels. */
  readonly side: number;
}

/** The part of a picture that the model saw, `side` × `side`, by the model's own rule but for the size. */
export async function viewOf(
  file: HashedFile,
  { manifest }: Explained,
  { pool, side }: Pick<HeatMapImageOptions, "pool" | "side">,
): Promise<RgbImage> {
  const [data] = await pool.prepare(file, { ...manifest.rule, size: side }, null, [0]);
  if (data === undefined) throw new TypeError("the pool gives one image for each variant");
  return { width: side, height: side, data };
}

/** Grad-CAM of the class that was said, laid over the picture. */
export async function heatMapImage(
  options: HeatMapImageOptions,
): Promise<{ readonly view: RgbImage; readonly heat: RgbImage }> {
  const { model, seen, file } = options;
  const { features, shape, prediction } = seen;
  const { head } = model.manifest;
  const map = gradCam({ head, values: model.head, features, shape, label: prediction.label });
  const view = await viewOf(file, model, options);
  return { view, heat: overlayHeat(view, map) };
}
