import { headParameters } from "../head/parameters.ts";
import { featureShape } from "../trunk/build.ts";
import { layersUpTo } from "../trunk/table.ts";
import { type TensorSpec, TRUNK_TENSORS } from "../trunk/tensors.ts";
import type { ModelManifest } from "./types.ts";

type Architecture = Pick<ModelManifest, "cut" | "head" | "rule">;

/** The trunk's tensors up to a cut, in table order. */
export function trunkTensors({ cut }: Pick<Architecture, "cut">): readonly TensorSpec[] {
  const layers = new Set(
    layersUpTo(cut).flatMap((layer) => (layer.kind === "conv-bn-relu" ? [layer.name, layer.batchNorm] : [])),
  );
  return TRUNK_TENSORS.filter(({ name }) => layers.has(name.slice(0, name.lastIndexOf("/"))));
}

/** The head's tensors, in the order of its layers. */
export function headTensors({ cut, head, rule }: Architecture): readonly TensorSpec[] {
  return headParameters(head, featureShape(cut, rule.size));
}
