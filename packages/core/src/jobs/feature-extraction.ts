import type { Backend } from "../backend/backend.ts";
import type { TrainConfig } from "../config/config.ts";
import type { ExtractOptions } from "../features/extract.ts";
import { featureSpace } from "../features/space.ts";
import { featureShape, trunkGraph } from "../trunk/build.ts";
import type { TrunkWeights } from "../trunk/types.ts";
import type { OpenedImages } from "./workspace.ts";

/** What features depend on. */
export type FeaturesConfig = Pick<
  TrainConfig,
  "weights" | "inputRange" | "cut" | "size" | "fit" | "resize" | "cacheType" | "backend"
>;

/** What is asked of the trunk, as `extractFeatures` takes it: one row for each image as it is. */
export function featureExtraction(of: {
  readonly images: OpenedImages;
  readonly config: FeaturesConfig;
  /** One vector an image, or the whole block. */
  readonly pool: "avg" | "none";
  readonly weights: TrunkWeights;
  readonly backend: Backend;
}): Pick<ExtractOptions, "images" | "prepare" | "variants" | "space" | "rowShape" | "openProgram" | "batch"> {
  const { images, config, pool, weights, backend } = of;
  const { cut, size, fit, resize, cacheType } = config;
  const { prepare } = images;
  const block = featureShape(cut, size);
  return {
    ...{ images: images.images, prepare, variants: [0] },
    space: featureSpace({
      ...{ decoder: prepare.decoder, rule: { version: 1, size, fit, resize }, weights, cut, pool },
      ...{ augmentation: null, cacheType, backend },
    }),
    rowShape: pool === "avg" ? block.slice(2) : block,
    openProgram: () => backend.compile(trunkGraph(weights, { cut, size, pool })),
    batch: backend.limits.preferredBatch,
  };
}
