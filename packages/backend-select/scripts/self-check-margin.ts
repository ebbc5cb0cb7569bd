import type { Graph } from "@graft/core";
import { evaluateGraph } from "@graft/core/testing";
import { forwardGraph, startValues, stepInputs, traceGraph, traceName } from "../src/self-check/problem.ts";

/** Distance between the largest and the second largest of each 3×3 window with stride 2, [b, h, w, c]; ties at 0 count not. */
function poolMargin(data: Float64Array, [batch = 0, height = 0, width = 0, channels = 0]: readonly number[]) {
  let least = Number.POSITIVE_INFINITY;
  for (let image = 0; image < batch; image++)
    for (let row = 0; row + 3 <= height; row += 2)
      for (let column = 0; column + 3 <= width; column += 2)
        for (let channel = 0; channel < channels; channel++) {
          const window = Array.from({ length: 9 }, (_, i) => {
            const at = (image * height + row + Math.floor(i / 3)) * width + column + (i % 3);
            return data[at * channels + channel] ?? 0;
          }).sort((a, b) => b - a);
          const [first = 0, second = 0] = window;
          if (first > 0) least = Math.min(least, first - second);
        }
  return least;
}

/** How far a seed's problem is from a decision that rounding could turn: relu's sign, a pool's winner. */
export async function margin(seed: number): Promise<number> {
  const forward: Graph = forwardGraph(seed);
  const { outputs, shapes } = evaluateGraph(traceGraph(forward), {
    batch: 2,
    inputs: new Map(Object.entries(stepInputs(seed)).map(([name, { data }]) => [name, data])),
    parameters: new Map(
      [...startValues(seed, forward)].map(([name, data]) => [name, Float64Array.from(data)]),
    ),
  });
  const margins = forward.nodes.flatMap((node) => {
    const [x = 0] = node.kind === "op" ? node.inputs : [];
    const data = outputs.get(traceName(x));
    if (node.kind !== "op" || !data) return [];
    if (node.op.op === "relu") return [...data].map(Math.abs);
    return node.op.op === "max-pool" ? [poolMargin(data, shapes.get(traceName(x)) ?? [])] : [];
  });
  return Math.min(...margins);
}
