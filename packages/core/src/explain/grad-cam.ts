import type { HeadSpec, HeadValues } from "../head/types.ts";

/** How much each place of an image's features speaks for a class. */
export interface HeatMap {
  readonly height: number;
  readonly width: number;
  /** [height, width], at least 0; all 0 when nothing in the features speaks for the class. */
  readonly data: Float64Array;
}

export interface GradCamOptions {
  readonly head: HeadSpec;
  readonly values: HeadValues;
  /** Of one image's features at the cut: [h, w, channels]. */
  readonly shape: readonly [number, number, number];
}

function numbers(values: HeadValues, name: string): Float32Array {
  const found = values.get(name);
  if (!found) throw new TypeError(`the head has no ${name}`);
  return found;
}

/**
 * Grad-CAM (Selvaraju et al. 2017) of one model's head. The class's logit is explained: for a sigmoid that of the second
 * class, negated for the first; for a softmax less the mean of all classes' logits, for those are fixed only up to a common
 * term, and training never moves the mean of the kernel's columns (the gradients of a row sum to 0): it stays at its random
 * start and would be drawn as heat.
 */
export class GradCam {
  readonly #head: HeadSpec;
  readonly #values: HeadValues;
  readonly #shape: readonly [number, number, number];
  #placeSums: Float64Array | undefined;

  constructor({ head, values, shape }: GradCamOptions) {
    this.#head = head;
    this.#values = values;
    this.#shape = shape;
  }

  /**
   * The gradient of the class's logit with respect to the features, averaged over h and w (eq. 1). Both heads are piecewise
   * linear, so it is known in closed form: behind a global average pool it is the kernel's column / (h · w); behind flatten,
   * dense, relu, dense it is kernel₁[:, active] · kernel₂[active].
   * @param features one image's, [h, w, channels].
   * @param label the class that is asked about.
   * @returns [channels]
   */
  channelWeights(features: Float32Array, label: number): Float64Array {
    const [height, width, channels] = this.#shape;
    const places = height * width;
    const column = this.#lastColumn(label);
    const { hidden } = this.#head;
    if (hidden === 0) return column.map((weight) => weight / places);
    const weights = this.#activeWeights(features, column);
    this.#placeSums ??= this.#sumOverPlaces();
    const sums = this.#placeSums;
    return Float64Array.from({ length: channels }, (_, channel) => {
      let gradient = 0;
      for (let unit = 0; unit < hidden; unit++)
        gradient += (sums[channel * hidden + unit] ?? 0) * (weights[unit] ?? 0);
      return gradient / places;
    });
  }

  /** Where the class is seen: relu(Σ_c weight_c · features[:, :, c]) (eq. 2). @param features as in `channelWeights`. */
  map(features: Float32Array, label: number): HeatMap {
    const [height, width, channels] = this.#shape;
    const weights = this.channelWeights(features, label);
    const data = Float64Array.from({ length: height * width }, (_, place) => {
      let sum = 0;
      for (let channel = 0; channel < channels; channel++)
        sum += (weights[channel] ?? 0) * (features[place * channels + channel] ?? 0);
      return Math.max(0, sum);
    });
    return { height, width, data };
  }

  /** Weights [inputs] of the last layer that make the class's logit. */
  #lastColumn(label: number): Float64Array {
    const kernel = numbers(this.#values, "predictions/kernel");
    const { units, activation } = this.#head;
    const at = (input: number, unit: number): number => kernel[input * units + unit] ?? 0;
    return Float64Array.from({ length: kernel.length / units }, (_, input) => {
      if (activation === "sigmoid") return label === 1 ? at(input, 0) : -at(input, 0);
      let sum = 0;
      for (let unit = 0; unit < units; unit++) sum += at(input, unit);
      return at(input, label) - sum / units;
    });
  }

  /** Of the hidden layer, for each unit that is active on these features its weight in the class's logit; others 0. */
  #activeWeights(features: Float32Array, column: Float64Array): Float64Array {
    const kernel = numbers(this.#values, "dense/kernel");
    const sums = Float64Array.from(numbers(this.#values, "dense/bias"));
    const { hidden } = this.#head;
    for (const [input, value] of features.entries()) {
      if (value === 0) continue; // most features are: relu's output
      const start = input * hidden;
      for (let unit = 0; unit < hidden; unit++)
        sums[unit] = (sums[unit] ?? 0) + value * (kernel[start + unit] ?? 0);
    }
    return column.map((weight, unit) => ((sums[unit] ?? 0) > 0 ? weight : 0));
  }

  /** The hidden layer's kernel [h · w · channels, hidden] summed over h and w: [channels, hidden], the same for all images. */
  #sumOverPlaces(): Float64Array {
    const kernel = numbers(this.#values, "dense/kernel");
    const width = (this.#shape[2] ?? 0) * this.#head.hidden;
    const sums = new Float64Array(width);
    for (let start = 0; start < kernel.length; start += width)
      for (let at = 0; at < width; at++) sums[at] = (sums[at] ?? 0) + (kernel[start + at] ?? 0);
    return sums;
  }
}
