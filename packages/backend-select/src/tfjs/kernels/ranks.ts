import type { Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs-core";

const isRank1 = (x: Tensor): x is Tensor1D => x.shape.length === 1;
const isRank4 = (x: Tensor): x is Tensor4D => x.shape.length === 4;

const wrongRank = (x: Tensor, rank: number): never => {
  throw new TypeError(`a tensor of rank ${rank} was expected, not [${x.shape.join(", ")}]`);
};

/** tfjs's types count axes; a graph's shapes are checked when it is built, so these only tell the compiler. */
export const rank1 = (x: Tensor): Tensor1D => (isRank1(x) ? x : wrongRank(x, 1));
export const rank4 = (x: Tensor): Tensor4D => (isRank4(x) ? x : wrongRank(x, 4));
