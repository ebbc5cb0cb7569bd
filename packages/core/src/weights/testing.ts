/** Layers as weights files have them, without their numbers. */

import { GRAPH_ORDER } from "../trunk/graph-order.ts";
import { TRUNK_TENSORS } from "../trunk/tensors.ts";
import type { FoundTensor } from "./found-tensor.ts";

type Place = Partial<Pick<FoundTensor, "model" | "className" | "place">>;

/** A tensor whose numbers cannot be read: what is decided by names and shapes must not need them. */
export function tensor(path: string, shape: readonly number[], place: Place = {}): FoundTensor {
  const at = path.lastIndexOf("/");
  const read = (): never => {
    throw new TypeError(`${path} is not to be read`);
  };
  return { model: "", ...place, layer: path.slice(0, at), variable: path.slice(at + 1), shape, read };
}

/** The tensors of a trunk's first convolutions and batch norms, layers renamed by their public number. */
export function trunkTensors(
  length: number,
  layerOf: (kind: string, number: number) => string,
  placeOf: (kind: string, number: number) => Place = () => ({}),
): FoundTensor[] {
  return TRUNK_TENSORS.flatMap(({ name, shape }) => {
    const [, kind = "", digits, variable = ""] = /^(\w+?)_(\d+)\/(.+)$/.exec(name) ?? [];
    const number = Number(digits);
    if (number > length) return [];
    return [tensor(`${layerOf(kind, number)}/${variable}`, shape, placeOf(kind, number))];
  });
}

/** Keras 3's names: counted from a number, whose 0 is left out. */
export const countedFrom =
  (first: number) =>
  (kind: string, number: number): string =>
    number - 1 + first === 0 ? kind : `${kind}_${number - 1 + first}`;

/** Where Keras 3 lists a layer of the whole trunk among those of its class, behind some others. */
export const listedAfter =
  (others: number) =>
  (className: string, number: number): Place => ({
    className,
    place: others + GRAPH_ORDER.indexOf(number),
  });
