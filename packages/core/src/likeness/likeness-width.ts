import { featureShape } from "../trunk/build.ts";
import type { LikenessFacts } from "./types.ts";

/** Numbers of one direction: the channels of all layers. */
export function likenessWidth({ layers }: Pick<LikenessFacts, "layers">, size: number): number {
  return layers.reduce((sum, layer) => sum + featureShape(layer, size)[2], 0);
}
