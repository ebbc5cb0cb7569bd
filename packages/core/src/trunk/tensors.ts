import { numElements } from "../graph/graph.ts";
import { layersUpTo, TRUNK_LAYERS } from "./table.ts";

/** A tensor that the trunk needs. */
export interface TensorSpec {
  /** `conv2d_5/kernel`, `batch_normalization_5/beta`, `…/moving_mean`, `…/moving_variance` */
  readonly name: string;
  readonly shape: readonly number[];
}

/** All tensors of InceptionV3 without its top in table order: 94 × (kernel, beta, moving_mean, moving_variance). */
export const TRUNK_TENSORS: readonly TensorSpec[] = TRUNK_LAYERS.flatMap((layer) => {
  if (layer.kind !== "conv-bn-relu") return [];
  const vector = (variable: string): TensorSpec => ({
    name: `${layer.batchNorm}/${variable}`,
    shape: [layer.filters],
  });
  return [
    { name: `${layer.name}/kernel`, shape: [...layer.kernel, layer.inputChannels, layer.filters] },
    ...["beta", "moving_mean", "moving_variance"].map(vector),
  ];
});

/** Numbers in all of them: 21,802,784. */
export const NUM_TRUNK_WEIGHTS = TRUNK_TENSORS.reduce((sum, { shape }) => sum + numElements(shape), 0);

/** The tensors that a trunk needs which ends in a layer, in table order: {@link TRUNK_TENSORS} for mixed10. */
export function tensorsUpTo(last: string): readonly TensorSpec[] {
  const layers = new Set(
    layersUpTo(last).flatMap((layer) => (layer.kind === "conv-bn-relu" ? [layer.name, layer.batchNorm] : [])),
  );
  return TRUNK_TENSORS.filter(({ name }) => layers.has(name.slice(0, name.lastIndexOf("/"))));
}
