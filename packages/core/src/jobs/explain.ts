import { GradCam, type HeatMap } from "../explain/grad-cam.ts";
import { overlayHeat } from "../explain/overlay.ts";
import type { ImageRule, RgbImage } from "../image/types.ts";
import type { Model } from "../model/types.ts";
import type { PredictionWithFeatures } from "../predict/predict-graph.ts";
import { featureShape } from "../trunk/build.ts";
import type { Workspace } from "./workspace.ts";

/** Colours what in a picture speaks for an answer. */
export interface Explainer {
  /**
   * @param seen what the model said of the picture, and what its head saw.
   * @param picture the same picture at any size, by the model's own rule but for the size: the map lies over just what the
   * model saw.
   */
  explain(seen: PredictionWithFeatures, picture: RgbImage): RgbImage;
}

/** Explains answers of one model by Grad-CAM. */
export function createExplainer({ manifest: { head, cut, rule }, head: values }: Model): Explainer {
  const gradCam = new GradCam({ head, values, shape: featureShape(cut, rule.size) });
  return {
    explain: ({ features, prediction }, picture) =>
      overlayHeat(picture, gradCam.map(features, prediction.label)),
  };
}

/** Longest side of a heat map's file in pixels. */
const SIDE = 512;

/** Width and height in pixels. */
export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

/** A picture whose heat map is drawn. */
export interface DrawnImage {
  /** Its pixels [size, size, 3] by the model's rule at another size. */
  readonly atSize: (size: number) => Promise<Uint8Array>;
  /** The image's own, asked for where the model saw it stretched. */
  readonly dimensions: () => Promise<Dimensions>;
}

/** One image that is explained. */
export interface ExplainedImage extends DrawnImage {
  readonly seen: PredictionWithFeatures;
}

/** Lays colour over a picture of that side. */
type Coloured = (picture: RgbImage) => RgbImage;

async function draw(
  { encode }: Pick<Workspace, "encode">,
  fit: ImageRule["fit"],
  { atSize, dimensions }: DrawnImage,
  coloured: Coloured,
): Promise<Uint8Array> {
  const square = { width: SIDE, height: SIDE };
  const heat = coloured({ ...square, data: await atSize(SIDE) });
  return encode(heat, {
    format: "png",
    size: fit === "stretch" ? within(SIDE, await dimensions()) : square,
  });
}

/**
 * Draws a heat map whose numbers are known (a server tells them) as `heatMapMaker` does.
 * @param fit of the rule by which the model saw the picture.
 * @returns the bytes of a PNG.
 */
export const drawHeatMap = (
  workspace: Pick<Workspace, "encode">,
  { map, fit, ...image }: DrawnImage & { readonly map: HeatMap; readonly fit: ImageRule["fit"] },
): Promise<Uint8Array> => draw(workspace, fit, image, (picture) => overlayHeat(picture, map));

/**
 * Makes heat maps as files, in the pictures' own proportions.
 * @returns a function that gives the bytes of a PNG.
 */
export function heatMapMaker(
  workspace: Pick<Workspace, "encode">,
  model: Model,
): (image: ExplainedImage) => Promise<Uint8Array> {
  const explainer = createExplainer(model);
  const { fit } = model.manifest.rule;
  return ({ seen, ...image }) => draw(workspace, fit, image, (picture) => explainer.explain(seen, picture));
}

/** The same proportions with the longer side of that length. */
function within(side: number, { width, height }: Dimensions): Dimensions {
  const scale = side / Math.max(width, height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
