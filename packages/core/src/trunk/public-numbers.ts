import { type FoundTensor, layerNumber } from "./found-tensor.ts";
import { GRAPH_ORDER } from "./graph-order.ts";

const NUM_CONVOLUTIONS = GRAPH_ORDER.length;

/**
 * From numbers in a file to those of the public file, 1 … 94.
 *
 * Keras counts layers of a kind through a whole process: from 1 in Keras 2, from 0 (no number) in Keras 3, from anywhere
 * in a session that made other models before. So numbers are taken as they are where they can be the public ones, else
 * shifted when all lie within 94, else replaced by their rank.
 */
function numberMap(numbers: readonly number[], numbering: FoundTensor["numbering"]): Map<number, number> {
  const sorted = [...new Set(numbers)].toSorted((a, b) => a - b);
  const first = sorted[0] ?? 1;
  const last = sorted.at(-1) ?? 1;
  const arePublic = first >= 1 && last <= NUM_CONVOLUTIONS;
  const byShift = last - first < NUM_CONVOLUTIONS;
  return new Map(
    sorted.map((number, rank) => {
      if (numbering === "graph") return [number, GRAPH_ORDER[rank] ?? rank + 1];
      if (arePublic) return [number, number];
      return [number, byShift ? number - first + 1 : rank + 1];
    }),
  );
}

/**
 * The public name of each tensor that can belong to the trunk: `conv2d_5/kernel`. Tensors of other layers have none.
 */
export function publicNames(found: readonly FoundTensor[]): ReadonlyMap<FoundTensor, string> {
  const groups = new Map<string, { tensor: FoundTensor; kind: string; number: number }[]>();
  for (const tensor of found) {
    const layer = layerNumber(tensor.layer);
    if (!layer) continue;
    const key = `${layer.kind} ${tensor.numbering}`;
    groups.set(key, [...(groups.get(key) ?? []), { tensor, ...layer }]);
  }
  const names = new Map<FoundTensor, string>();
  for (const group of groups.values()) {
    const numbering = group[0]?.tensor.numbering ?? "creation";
    const map = numberMap(
      group.map(({ number }) => number),
      numbering,
    );
    for (const { tensor, kind, number } of group)
      names.set(tensor, `${kind}_${map.get(number) ?? number}/${tensor.variable}`);
  }
  return names;
}
