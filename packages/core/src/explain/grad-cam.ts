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
  /** One image's features at the cut, [h, w, channels]. */
  readonly features: Float32Array;
  readonly shape: readonly [number, number, number];
  /** The class that is asked about. */
  readonly label: number;
}

function numbers(values: HeadValues, name: string): Float32Array {
  const found = values.get(name);
  if (!found) throw new TypeError(`the head has no ${name}`);
  return found;
}

/**
 * Weights [inputs] of the last layer that make the class's logit. A sigmoid's logit is that of the second class; the first
 * one's is its negative. A softmax's logits are fixed only up to a term common to all, and training never moves the mean of
 * the kernel's columns (the gradients of a row sum to 0): it stays at its random start and would be drawn as heat, so it is
 * taken off.
 */
function lastColumn({ head, values, label }: GradCamOptions): Float64Array {
  const kernel = numbers(values, "predictions/kernel");
  const { units } = head;
  const at = (input: number, unit: number): number => kernel[input * units + unit] ?? 0;
  return Float64Array.from({ length: kernel.length / units }, (_, input) => {
    if (head.activation === "sigmoid") return label === 1 ? at(input, 0) : -at(input, 0);
    let sum = 0;
    for (let unit = 0; unit < units; unit++) sum += at(input, unit);
    return at(input, label) - sum / units;
  });
}

/** Of the hidden layer, for each unit that is active on these features its weight in the class's logit; others 0. */
function activeWeights({ head, values, features }: GradCamOptions, column: Float64Array): Float64Array {
  const kernel = numbers(values, "dense/kernel");
  const sums = Float64Array.from(numbers(values, "dense/bias"));
  const { hidden } = head;
  for (const [input, value] of features.entries()) {
    if (value === 0) continue; // most features are: relu's output
    const start = input * hidden;
    for (let unit = 0; unit < hidden; unit++)
      sums[unit] = (sums[unit] ?? 0) + value * (kernel[start + unit] ?? 0);
  }
  return column.map((weight, unit) => ((sums[unit] ?? 0) > 0 ? weight : 0));
}

/**
 * Grad-CAM's channel weights: the gradient of the class's logit (less the mean of all classes' for a softmax) with respect to the features [h, w, channels], averaged
 * over h and w (Selvaraju et al. 2017, "Grad-CAM", eq. 1). Both heads are piecewise linear, so it is known in closed form:
 * behind a global average pool it is the kernel's column / (h · w); behind flatten, dense, relu, dense it is
 * kernel₁[:, active] · kernel₂[active].
 * @returns [channels]
 */
export function channelWeights(options: GradCamOptions): Float64Array {
  const { head, values, shape } = options;
  const [height, width, channels] = shape;
  const places = height * width;
  const column = lastColumn(options);
  if (head.hidden === 0) return column.map((weight) => weight / places);
  const weights = activeWeights(options, column);
  const kernel = numbers(values, "dense/kernel");
  const means = new Float64Array(channels);
  for (let input = 0; input < places * channels; input++) {
    const start = input * head.hidden;
    let gradient = 0;
    for (let unit = 0; unit < head.hidden; unit++)
      gradient += (kernel[start + unit] ?? 0) * (weights[unit] ?? 0);
    means[input % channels] = (means[input % channels] ?? 0) + gradient / places;
  }
  return means;
}

/** Where in an image a class is seen: relu(Σ_c weight_c · features[:, :, c]) (Selvaraju et al. 2017, eq. 2). */
export function gradCam(options: GradCamOptions): HeatMap {
  const { features, shape } = options;
  const [height, width, channels] = shape;
  const weights = channelWeights(options);
  const data = Float64Array.from({ length: height * width }, (_, place) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++)
      sum += (weights[channel] ?? 0) * (features[place * channels + channel] ?? 0);
    return Math.max(0, sum);
  });
  return { height, width, data };
}
