import { featureShape } from "../trunk/build.ts";
import { CUT_LAYERS, type CutLayer } from "../trunk/cut-layers.ts";
import { tailOf } from "../trunk/tail.ts";
import type { LikenessFacts } from "./types.ts";

/** What pictures are compared by where the trunk reaches so far: an earlier and a later view of them. */
const WANTED = ["mixed5", "mixed7"] as const;

/** The last block whose numbers a training leaves as they are; undefined when it trains the first one too. */
function lastFrozen(cut: CutLayer, fineTune: string | null): CutLayer | undefined {
  if (fineTune === null) return cut;
  const { base } = tailOf(fineTune, cut);
  return CUT_LAYERS.find((block) => block === base);
}

/**
 * The blocks of the trunk, first to last, whose output says how like the training a picture is: mixed5 and mixed7, or the
 * last frozen block in place of one that lies beyond it. Below a tail nothing changes while a training goes on, so one pass
 * of the trunk gives these with the features that are trained on.
 * @param config.fineTune as `--fine-tune`. @default null
 * @returns none when fine-tuning leaves no block as it is.
 * @throws CoreError `bad-input` for a layer that cannot be fine-tuned from.
 */
export function likenessLayers(config: {
  readonly cut: CutLayer;
  readonly fineTune?: string | null;
}): readonly CutLayer[] {
  const last = lastFrozen(config.cut, config.fineTune ?? null);
  if (last === undefined) return [];
  const end = CUT_LAYERS.indexOf(last);
  return [...new Set(WANTED.map((layer) => (CUT_LAYERS.indexOf(layer) < end ? layer : last)))];
}

/** Numbers of one direction: the channels of all layers. */
export function likenessWidth({ layers }: Pick<LikenessFacts, "layers">, size: number): number {
  return layers.reduce((sum, layer) => sum + featureShape(layer, size)[2], 0);
}
