import { type CutLayer, createRandom, TRUNK_TENSORS, type TrunkWeights } from "@graft/core";
import { trunkTensors } from "../../packages/core/src/model/model-tensors.ts";

/**
 * Weights of the trunk's shapes that keep its numbers in range: random kernels of He's size, neutral batch norms.
 * @param cut those up to this layer alone: the whole trunk's 22 million take a second. @default all
 */
export function randomTrunkWeights(cut?: CutLayer): TrunkWeights {
  const specs = cut === undefined ? TRUNK_TENSORS : trunkTensors({ cut });
  const tensors = specs.map(({ name, shape }) => {
    const length = shape.reduce((product, dim) => product * dim, 1);
    const fanIn = shape.slice(0, -1).reduce((product, dim) => product * dim, 1);
    const random = createRandom("weights", name);
    const limit = Math.sqrt(6 / fanIn);
    const value = (): number => {
      if (name.endsWith("/kernel")) return (random() * 2 - 1) * limit;
      return name.endsWith("/moving_variance") ? 1 : 0;
    };
    return [name, { shape, data: Float32Array.from({ length }, value) }] as const;
  });
  return {
    ...{ source: "file", origin: "random", sha256: "2".repeat(64), inputRange: [-1, 1] },
    tensors: new Map(tensors),
  };
}
