import { type FoundTensor, layerNumber, TRUNK_KINDS, type TrunkKind } from "./found-tensor.ts";

/** A layer of a weights file: its tensors, joined. */
export interface FoundLayer {
  /** As {@link FoundTensor.model}. */
  readonly model: string;
  readonly name: string;
  /** As {@link FoundTensor.place}. */
  readonly place?: number;
  /** Undefined for a layer of a kind that the trunk does not have. */
  readonly kind: TrunkKind | undefined;
  /** By variable. */
  readonly tensors: ReadonlyMap<string, FoundTensor>;
}

/** What the class, else the name, else the variables say: people rename layers, so that two networks go into one model. */
function kindOf(layer: FoundTensor, tensors: ReadonlyMap<string, FoundTensor>): TrunkKind | undefined {
  const { className } = layer;
  if (className !== undefined) return TRUNK_KINDS.find((kind) => kind === className);
  const named = layerNumber(layer.layer)?.kind;
  if (named) return named;
  if (tensors.has("moving_mean") && tensors.has("moving_variance")) return "batch_normalization";
  return tensors.get("kernel")?.shape.length === 4 ? "conv2d" : undefined;
}

/** The layers that a file's tensors belong to, in the file's order. */
export function joinLayers(found: readonly FoundTensor[]): readonly FoundLayer[] {
  const groups = new Map<string, Map<string, FoundTensor>>();
  for (const tensor of found) {
    const key = JSON.stringify([tensor.model, tensor.className, tensor.place, tensor.layer]);
    const group = groups.get(key) ?? new Map<string, FoundTensor>();
    groups.set(key, group);
    // a second kernel in one group makes it another layer than any of the trunk's
    group.set(group.has(tensor.variable) ? `${tensor.variable} ${group.size}` : tensor.variable, tensor);
  }
  return [...groups.values()].flatMap((tensors): FoundLayer[] => {
    const [first] = tensors.values();
    if (!first) return [];
    const { model, layer: name, place } = first;
    return [
      { model, name, ...(place === undefined ? {} : { place }), kind: kindOf(first, tensors), tensors },
    ];
  });
}
