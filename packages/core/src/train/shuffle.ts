import { createRandom } from "./random.ts";

/** The positions 0 … length − 1 in the order in which an epoch takes them (Fisher–Yates), equal for equal seeds and epochs. */
export function epochOrder(length: number, seed: number, epoch: number): Uint32Array {
  const random = createRandom(seed, "shuffle", epoch);
  const order = Uint32Array.from({ length }, (_, at) => at);
  for (let at = length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    const moved = order[at] ?? 0;
    order[at] = order[other] ?? 0;
    order[other] = moved;
  }
  return order;
}
