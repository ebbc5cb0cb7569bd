import { createRandom, type HostTensor } from "@graft/core";

/**
 * A tensor in four numbers: how many elements it has, its length √Σx², and its products with two vectors of fixed numbers
 * in [−1, 1). An element that is wrong, missing or in another place changes both products.
 */
export type Digest = readonly [count: number, length: number, first: number, second: number];

const VECTORS = ["first", "second"].map((name) => {
  const random = createRandom("digest", name);
  return Float64Array.from({ length: 2048 }, () => 2 * random() - 1);
});

function product(data: HostTensor["data"], vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += (data[i] ?? 0) * (vector[i % vector.length] ?? 0);
  return sum;
}

export function digestOf(data: HostTensor["data"]): Digest {
  let squares = 0;
  for (const x of data) squares += x * x;
  const [first = 0, second = 0] = VECTORS.map((vector) => product(data, vector));
  return [data.length, Math.sqrt(squares), first, second];
}

/**
 * What an engine may differ by, as a share of the tensor's length. Tensor cores round factors to 10 bits (CUDA's TF32,
 * on by default), which is 1e-3 after a few layers; wrong kernels are wrong by whole elements.
 */
const TOLERANCE = 5e-3;
/** Below this all elements are as good as zero. */
const TINY = 1e-5;

/** True when a tensor is the expected one but for rounding; never for one with NaN. */
export function digestsAgree(actual: Digest, expected: Digest): boolean {
  const limit = TOLERANCE * Math.max(expected[1], TINY);
  const [count, ...numbers] = actual;
  const [expectedCount, ...expectedNumbers] = expected;
  return (
    count === expectedCount &&
    numbers.every((value, i) => Math.abs(value - (expectedNumbers[i] ?? Number.NaN)) <= limit)
  );
}
