/** The numbers that a value takes, as far as they are to be told apart; what lies outside becomes an end. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

/** What quantisation must know of a graph's activations: a pure function of the graph and the images shown to it. */
export interface Calibration {
  /** Of each group of `quantizedValues`, in its order. */
  readonly ranges: readonly ValueRange[];
}
