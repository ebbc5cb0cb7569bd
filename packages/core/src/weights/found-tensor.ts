/** A tensor of a weights file under the names that the file gives it. */
export interface FoundTensor {
  /** The model that its layer lies in: "" for the outermost one, "inception_v3" for one nested in it. */
  readonly model: string;
  /** Keras's layer name: `conv2d_5`, `batch_normalization`, `dense_1`. */
  readonly layer: string;
  /** The layer's class as Keras 3 writes it, `conv2d`, where the file says it. */
  readonly className?: string;
  /**
   * Place of the layer in `model.layers`, where the file says it: among those of its class (Keras 3, which goes by it and
   * not by names), or among all (Keras 2's `layer_names`).
   */
  readonly place?: number;
  /** `kernel`, `beta`, `moving_mean`, … */
  readonly variable: string;
  readonly shape: readonly number[];
  /** @throws CoreError `corrupt` when the file does not give the numbers, `unsupported` for another type. */
  read(): Float32Array;
}

/** Kinds of layers with weights that the trunk has. */
export const TRUNK_KINDS = ["conv2d", "batch_normalization"] as const;
export type TrunkKind = (typeof TRUNK_KINDS)[number];

/** Kind and number of one of the trunk's layers by its name in a file; Keras 3 leaves out the first number: 0. */
export interface LayerNumber {
  readonly kind: TrunkKind;
  readonly number: number;
  /** "_1" of `conv2d_5_1`: what TensorFlow adds to a name that its graph has already. */
  readonly copy: string;
}

/** @returns undefined for a layer of a kind that the trunk does not have. */
export function layerNumber(layer: string): LayerNumber | undefined {
  const [, name, number = "0", copy = ""] =
    /^(conv2d|batch_normalization)(?:_(\d+)(_\d+)?)?$/.exec(layer) ?? [];
  const kind = TRUNK_KINDS.find((one) => one === name);
  return kind && { kind, number: Number(number), copy };
}

/** Variables of a Keras layer in the order in which Keras 3 numbers them. */
export function variableName(layer: string, index: number, numVariables: number): string {
  const batchNorm = ["beta", "moving_mean", "moving_variance"];
  const kind = layerNumber(layer)?.kind;
  const names =
    kind === "batch_normalization"
      ? numVariables === batchNorm.length
        ? batchNorm
        : ["gamma", ...batchNorm]
      : ["kernel", "bias"];
  return names[index] ?? `${index}`;
}

/**
 * What a path that ends in a variable's name says: conv2d_1/conv2d_1/kernel:0 in the HDF5 files of Keras 2 and the legacy
 * ones of Keras 3, where the first is the group of the layer, or of a model that the layer lies in; conv2d_1/kernel in tfjs.
 *
 * What the group says holds, as it does when Keras loads the file: TensorFlow changes the names of tensors that its graph
 * has already (conv2d_1/conv2d_1_1/kernel:0), and keeps them where somebody renames a layer.
 * @param isOneLayer true for an outermost group that holds a single layer, whatever it is called.
 */
export function namedTensor(
  path: readonly string[],
  isOneLayer = false,
): Pick<FoundTensor, "model" | "layer" | "variable"> {
  const groups = path.slice(0, -1);
  const known = groups.findIndex((group) => layerNumber(group));
  const at = isOneLayer ? 0 : known >= 0 ? known : Math.max(0, groups.length - 1);
  return {
    model: groups.slice(0, at).join("/"),
    layer: groups[at] ?? "",
    variable: (path.at(-1) ?? "").replace(/:\d+$/, ""),
  };
}
