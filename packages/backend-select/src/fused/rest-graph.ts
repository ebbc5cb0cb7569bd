import { type Graph, prune, rewriteGraph, type ValueId } from "@graft/core";
import type { FusedWork } from "./match.ts";

/** Names of what passes between the engine's part of a graph and the fused one. */
export const productName = (index: number): string => `fused/product/${index}`;
const GRADIENT = "fused/gradient/";
export const gradientName = (dz: ValueId): string => `${GRADIENT}${dz}`;
export const isGradientName = (name: string): boolean => name.startsWith(GRADIENT);

/**
 * What is left for the engine: the fused products are inputs, the gradients that fused updates need are outputs more,
 * and the fused parameters are gone.
 */
export function restGraph(graph: Graph, { forwards, updates, parameters }: FusedWork): Graph {
  const products = new Map(forwards.map(({ node }, index) => [node, index]));
  const gradients = updates.map(({ dz }) => [gradientName(dz), dz] as const);
  const open: Graph = {
    nodes: graph.nodes,
    outputs: { ...graph.outputs, ...Object.fromEntries(gradients) },
    updates: graph.updates.filter(({ parameter }) => {
      const node = graph.nodes[parameter];
      return node?.kind !== "parameter" || !parameters.has(node.name);
    }),
  };
  const rest = rewriteGraph(open, ({ node, id, builder }) => {
    const index = products.get(id);
    return index === undefined ? undefined : builder.input(productName(index), node.shape);
  });
  return prune(rest);
}
