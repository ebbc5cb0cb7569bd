import type { Prediction } from "../metrics/types.ts";
import type { LikenessFacts } from "./types.ts";

/**
 * Whether a picture is like nothing that a model learned from; undefined when the model cannot say. About one ordinary
 * picture in twenty is called so too (`keptShare`), and many pictures of something else are not.
 */
export function isUnlike(
  { likeness }: { readonly likeness?: LikenessFacts },
  { distance }: Pick<Prediction, "distance">,
): boolean | undefined {
  return likeness === undefined || distance === undefined ? undefined : distance > likeness.threshold;
}
