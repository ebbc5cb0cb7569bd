import { headParameters } from "../head/parameters.ts";
import { featureShape } from "../trunk/build.ts";
import { type TensorSpec, tensorsUpTo } from "../trunk/tensors.ts";
import type { ModelManifest } from "./types.ts";

type Architecture = Pick<ModelManifest, "cut" | "head" | "rule">;

/** The trunk's tensors up to a cut, in table order. */
export function trunkTensors({ cut }: Pick<Architecture, "cut">): readonly TensorSpec[] {
  return tensorsUpTo(cut);
}

/** The head's tensors, in the order of its layers. */
export function headTensors({ cut, head, rule }: Architecture): readonly TensorSpec[] {
  return headParameters(head, featureShape(cut, rule.size));
}
