import type { Backend } from "./backend.ts";
import type { Model } from "./export/types.ts";
import { recipeSpace, rowShapeOf } from "./features/recipe-space.ts";
import type { FeatureStore } from "./features/types.ts";
import { poolFeatures } from "./predict-images.ts";

/** Looks an image's pooled features [channels] up by its content; undefined when they were not kept. */
export type KeptFeatures = (hash: string) => Promise<Float32Array | undefined>;

/**
 * Features at a model's cut that its training left in the cache. A fine-tuned model has none there: its trunk is no longer
 * the one whose features were kept.
 */
export function keptFeatures({ manifest }: Model, backend: Backend, store: FeatureStore): KeptFeatures {
  const { config, cut, head, rule, fineTuned, weights } = manifest;
  if (fineTuned !== undefined) return async () => undefined;
  const recipe = { ...config, recipe: head.recipe, cut };
  const space = recipeSpace({ config: recipe, rule, weights, augmentation: null, backend });
  const shape = rowShapeOf({ ...recipe, size: rule.size });
  const [height = 1, width = 1, channels = 1] = shape.length === 1 ? [1, 1, ...shape] : shape;
  return async (hash) => {
    const features = await store.get(space, { hash, variant: 0 });
    return features && poolFeatures({ features, shape: [height, width, channels] });
  };
}
