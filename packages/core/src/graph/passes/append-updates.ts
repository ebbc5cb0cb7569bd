import { CoreError } from "../../errors.ts";
import { GraphBuilder } from "../builder.ts";
import type { Graph, ParameterNode, ValueId } from "../graph.ts";
import { type Optimizer, STEP_SIZE_INPUT } from "../optimizer.ts";
import { prune } from "./prune.ts";
import { GradientScaler } from "./scaled-gradient.ts";

/** `rmsprop/velocity/dense/kernel`: the name of an optimiser's tensor, cut into blocks as its weight is. */
function addSlot(builder: GraphBuilder, weight: ParameterNode, prefix: string): ValueId {
  const block = weight.block && { ...weight.block, of: `${prefix}/${weight.block.of}` };
  return builder.parameter(`${prefix}/${weight.name}`, weight.shape, {
    role: "slot",
    ...(block ? { block } : {}),
  });
}

/**
 * Makes a training graph: adds the optimiser's slots, its scalar inputs and an update of every weight that has a
 * gradient. The slots of a weight `w` are named `<optimiser>/<slot>/w`.
 *
 * @param gradients from `differentiate`, by parameter name.
 * @throws CoreError `bad-input` when a gradient is given for something that is no weight of the graph.
 */
export function appendUpdates(
  graph: Graph,
  gradients: ReadonlyMap<string, ValueId>,
  optimizer: Optimizer,
): Graph {
  const builder = new GraphBuilder(graph);
  const scaler = new GradientScaler(builder);
  const stepSize = builder.input(STEP_SIZE_INPUT, []);
  const scalars = new Map<string, ValueId>();
  const scalar = (name: string): ValueId => {
    const value = scalars.get(name) ?? builder.input(name, []);
    scalars.set(name, value);
    return value;
  };
  const weights = new Map(
    graph.nodes.flatMap((node, id) =>
      node.kind === "parameter" && node.role === "weight" ? [[node.name, { node, id }]] : [],
    ),
  );
  for (const [name, gradient] of gradients) {
    const weight = weights.get(name);
    if (!weight) {
      throw new CoreError("bad-input", {
        what: "A gradient was given for something that is not a weight of this graph.",
        received: name,
      });
    }
    const updates = optimizer.update({
      builder,
      weight: weight.id,
      gradient: (factor) => scaler.scaled(gradient, factor),
      slot: (slot) => addSlot(builder, weight.node, `${optimizer.name}/${slot}`),
      stepSize,
      scalar,
    });
    for (const [parameter, value] of updates) builder.update(parameter, value);
  }
  return prune(builder.build());
}
