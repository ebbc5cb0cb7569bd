import type { Backend } from "../backend/backend.ts";
import { recipeSpace, recipeTap, rowShapeOf } from "../features/recipe-space.ts";
import type { FeatureSpace } from "../features/types.ts";
import type { GraphBuilder } from "../graph/builder.ts";
import type { ValueId } from "../graph/graph.ts";
import type { DecoderId } from "../image/decoder-version.ts";
import type { Model } from "../model/types.ts";
import { addTail, type Tap } from "../trunk/build.ts";
import { tailOf } from "../trunk/tail.ts";

/** The rows that a model's training left in the cache, without augmentation: below the tail that it trained, or at the cut. */
export interface ModelRows {
  readonly space: FeatureSpace;
  readonly tap: Tap;
  readonly rowShape: readonly number[];
}

/** @param decoder `PrepareImage.decoder` of what makes the pixels. */
export function modelRows(
  { manifest, weights }: Model,
  backend: Pick<Backend, "id" | "device">,
  decoder: DecoderId,
): ModelRows {
  const { head, cut, rule, config, fineTuned = null } = manifest;
  const recipe = { recipe: head.recipe, cut, fineTune: fineTuned, cacheType: config.cacheType };
  const tap = fineTuned === null ? "features" : "tail";
  return {
    space: recipeSpace({ config: recipe, rule, weights, decoder, augmentation: null, backend, tap }),
    tap: recipeTap(recipe, tap),
    rowShape: rowShapeOf({ ...recipe, size: rule.size }, tap),
  };
}

/** Appends to {@link modelRows} [batch, …row] the tail that the model's training changed, if any: the features at the cut. */
export function addTunedTail(builder: GraphBuilder, rows: ValueId, { manifest, weights }: Model): ValueId {
  const { fineTuned, cut } = manifest;
  if (fineTuned === undefined) return rows;
  return addTail(builder, rows, { ...tailOf(fineTuned, cut), trainable: new Set() }, weights);
}
