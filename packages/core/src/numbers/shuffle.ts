import { createRandom } from "./random.ts";

/** Brings the items of an array into a random order, in place (Fisher–Yates). */
export function shuffle<T>(items: { [at: number]: T; readonly length: number }, random: () => number): void {
  for (let last = items.length - 1; last > 0; last--) {
    const at = Math.floor(random() * (last + 1));
    const [a, b] = [items[last], items[at]];
    if (a === undefined || b === undefined) break;
    items[last] = b;
    items[at] = a;
  }
}

/** The positions 0 … length − 1 in the order in which an epoch takes them, equal for equal seeds and epochs. */
export function epochOrder(length: number, seed: number, epoch: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, at) => at);
  shuffle(order, createRandom(seed, "shuffle", epoch));
  return order;
}
