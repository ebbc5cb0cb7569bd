/**
 * What is trained on top of the features. Parameter names, in order: classic has `dense/kernel` [n, 1024], `dense/bias`
 * [1024], then both have `predictions/kernel` [n, units], `predictions/bias` [units].
 */
export interface HeadSpec {
  readonly recipe: "gap" | "classic";
  readonly numClasses: number;
  /** sigmoid has one unit: P of the label that sorts second. */
  readonly activation: "sigmoid" | "softmax";
  /** 1 for sigmoid, numClasses for softmax. */
  readonly units: number;
  /** Units of the hidden dense layer; 0: none (gap). */
  readonly hidden: number;
  /** Share dropped before the last layer while training. */
  readonly dropout: number;
}

/** A head's numbers by parameter name. */
export type HeadValues = ReadonlyMap<string, Float32Array>;
