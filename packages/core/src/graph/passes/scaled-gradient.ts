import type { GraphBuilder } from "../builder.ts";
import { numElements, type ValueId } from "../graph.ts";

/** A number known now, or a scalar value of the graph. */
export type Factor = { readonly constant: number } | { readonly value: ValueId };

/** Stands for the unknown batch where sizes are compared. */
const TYPICAL_BATCH = 32;

function multiplied(builder: GraphBuilder, id: ValueId, factor: Factor): ValueId {
  return "constant" in factor ? builder.scale(id, factor.constant, 0) : builder.multiply(id, factor.value);
}

/**
 * Makes `gradient · factor` without a pass over a large gradient where that can be had: the gradient of a dense kernel
 * is a matmul of activations and a small [batch, units] gradient, that of a convolution's kernel below a batch norm a product
 * with a scale for each channel, so the factor goes onto the smaller operand.
 *
 * One instance serves all weights of a graph: pieces of one kernel share the small operand, and its multiple is made
 * once.
 */
export class GradientScaler {
  readonly #builder: GraphBuilder;
  readonly #made = new Map<string, ValueId>();

  constructor(builder: GraphBuilder) {
    this.#builder = builder;
  }

  scaled(gradient: ValueId, factor: Factor): ValueId {
    if ("constant" in factor && factor.constant === 1) return gradient;
    const node = this.#builder.node(gradient);
    if (node.kind === "op" && (node.op.op === "matmul" || node.op.op === "multiply")) {
      const sizes = node.inputs.map((id) => numElements(this.#builder.shapeOf(id), TYPICAL_BATCH));
      const smallest = sizes.indexOf(Math.min(...sizes));
      if (numElements(node.shape, TYPICAL_BATCH) > (sizes[smallest] ?? 0)) {
        const inputs = node.inputs.map((id, i) => (i === smallest ? this.#multiple(id, factor) : id));
        return this.#builder.op(node.op, inputs);
      }
    }
    return this.#multiple(gradient, factor);
  }

  #multiple(id: ValueId, factor: Factor): ValueId {
    const key = `${id} ${JSON.stringify(factor)}`;
    const known = this.#made.get(key) ?? multiplied(this.#builder, id, factor);
    this.#made.set(key, known);
    return known;
  }
}
