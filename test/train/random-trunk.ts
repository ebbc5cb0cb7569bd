import { createRandom, TRUNK_TENSORS, type TrunkWeights } from "@graft/core";

/** Weights of the trunk's shapes that keep its numbers in range: random kernels of He's size, neutral batch norms. */
export function randomTrunkWeights(): TrunkWeights {
  const tensors = TRUNK_TENSORS.map(({ name, shape }) => {
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
