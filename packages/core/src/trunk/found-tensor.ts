/** A tensor of a weights file under the name that the file gives it. */
export interface FoundTensor {
  /** Keras's layer name: `conv2d_5`, `batch_normalization`, `dense_1`. */
  readonly layer: string;
  /** `kernel`, `beta`, `moving_mean`, … */
  readonly variable: string;
  /**
   * What the number in `layer` counts: "creation" as Keras made the layers, "graph" as `model.layers` lists them (files
   * of Keras 3 that keep no names).
   */
  readonly numbering: "creation" | "graph";
  readonly shape: readonly number[];
  /** @throws CoreError `corrupt` when the file does not give the numbers, `unsupported` for another type. */
  read(): Float32Array;
}

/** Kind and number of one of the trunk's layers by its name in a file; Keras 3 leaves out the first number: 0. */
export interface LayerNumber {
  readonly kind: "conv2d" | "batch_normalization";
  readonly number: number;
}

/** @returns undefined for a layer of a kind that the trunk does not have. */
export function layerNumber(layer: string): LayerNumber | undefined {
  const [, kind, number = "0"] = /^(conv2d|batch_normalization)(?:_(\d+))?$/.exec(layer) ?? [];
  if (kind !== "conv2d" && kind !== "batch_normalization") return undefined;
  return { kind, number: Number(number) };
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
