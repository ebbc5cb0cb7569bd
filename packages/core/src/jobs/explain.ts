import { GradCam } from "../explain/grad-cam.ts";
import { overlayHeat } from "../explain/overlay.ts";
import type { RgbImage } from "../image/types.ts";
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

/** One image that is explained. */
export interface ExplainedImage {
  readonly seen: PredictionWithFeatures;
  /** Its pixels [size, size, 3] by the model's rule at another size. */
  readonly atSize: (size: number) => Promise<Uint8Array>;
  /** The image's own, asked for where the model saw it stretched. */
  readonly dimensions: () => Promise<Dimensions>;
}

/**
 * Makes heat maps as files, in the pictures' own proportions.
 * @returns a function that gives the bytes of a PNG.
 */
export function heatMapMaker(
  { encode }: Pick<Workspace, "encode">,
  model: Model,
): (image: ExplainedImage) => Promise<Uint8Array> {
  const explainer = createExplainer(model);
  const { fit } = model.manifest.rule;
  return async ({ seen, atSize, dimensions }) => {
    const square = { width: SIDE, height: SIDE };
    const heat = explainer.explain(seen, { ...square, data: await atSize(SIDE) });
    return encode(heat, {
      format: "png",
      size: fit === "stretch" ? within(SIDE, await dimensions()) : square,
    });
  };
}

/** The same proportions with the longer side of that length. */
function within(side: number, { width, height }: Dimensions): Dimensions {
  const scale = side / Math.max(width, height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
