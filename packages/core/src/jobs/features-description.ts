import type { DatasetImage } from "../dataset/types.ts";
import type { FeatureSpace } from "../features/types.ts";
import type { ImageRule } from "../image/types.ts";
import type { WeightsInfo } from "../trunk/types.ts";

/** What a table of features is of, as plain JSON in this order. */
export interface FeaturesDescription {
  /** null where the images are in no classes. */
  readonly labels: readonly string[] | null;
  /** One for each row. */
  readonly images: readonly {
    readonly path: string;
    readonly hash: string;
    readonly label: string | null;
  }[];
  /** A cut layer. */
  readonly cut: string;
  readonly pool: "avg" | "none";
  readonly rule: ImageRule;
  readonly weights: WeightsInfo;
  /** Its id. */
  readonly backend: string;
}

/** Says what rows of a space are of, wherever they were computed: the same gives the same JSON, whatever kept it. */
export function describeFeatures(of: {
  readonly labels: readonly string[] | null;
  readonly images: readonly Pick<DatasetImage, "path" | "hash" | "label">[];
  readonly space: Pick<FeatureSpace, "cut" | "pool" | "rule" | "backend">;
  readonly weights: WeightsInfo;
}): FeaturesDescription {
  const { labels, images, space, weights } = of;
  const { version, size, fit, resize } = space.rule;
  const { source, origin, sha256, inputRange } = weights;
  return {
    labels,
    images: images.map(({ path, hash, label }) => ({ path, hash, label: labels?.[label] ?? null })),
    cut: space.cut,
    pool: space.pool,
    rule: { version, size, fit, resize },
    weights: { source, origin, sha256, inputRange },
    backend: space.backend,
  };
}

/** The file that goes beside the numbers. */
export const featuresDescriptionText = (description: FeaturesDescription): string =>
  `${JSON.stringify(description, null, 1)}\n`;
