import { createRandom } from "../numbers/random.ts";
import { headParameters } from "./parameters.ts";
import type { HeadSpec, HeadValues } from "./types.ts";

/** Keras's `glorot_uniform`: even in ±√(6 / (inputs + outputs)) (keras/src/initializers/random_initializers.py). */
function glorotUniform(inputs: number, outputs: number, random: () => number): Float32Array {
  const limit = Math.sqrt(6 / (inputs + outputs));
  const values = new Float32Array(inputs * outputs);
  for (let at = 0; at < values.length; at++) values[at] = (random() * 2 - 1) * limit;
  return values;
}

/** The numbers that a head starts from: Keras's defaults (glorot_uniform kernels, zero biases), equal for equal seeds. */
export function initialHeadValues(spec: HeadSpec, rowShape: readonly number[], seed: number): HeadValues {
  return new Map(
    headParameters(spec, rowShape).map(({ name, shape }) => {
      const [first, outputs] = shape;
      if (outputs === undefined) return [name, new Float32Array(first)];
      return [name, glorotUniform(first, outputs, createRandom(seed, "init", name))];
    }),
  );
}
