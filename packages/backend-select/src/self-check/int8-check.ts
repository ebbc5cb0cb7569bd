import type { Backend, Graph, HostTensor } from "@graft/core";
import { type Int8Problem, int8Problem, stepOf } from "./int8-problem.ts";

export interface Int8Check {
  /** Why int8 is not to be used on this device; undefined when its numbers are right. */
  readonly wrong?: string;
  /** How many times faster an integer convolution is than the same one in float32; below 1 it is slower. */
  readonly timesFaster: number;
}

/** A corner, an edge, the middle. */
const PIXELS = [0, 21, 100, 253, 300, 483] as const;
/** Sums are rounded from float32, which may go the other way than from whole numbers. */
const STEPS_APART = 1;

/** Results of one graph, and the fewest milliseconds of a run. */
async function timed(
  backend: Backend,
  graph: Graph,
  inputs: Int8Problem["inputs"],
  runs: number,
): Promise<{ readonly y: HostTensor; readonly ms: number }> {
  const program = await backend.compile(graph);
  try {
    let ms = Number.POSITIVE_INFINITY;
    let y: HostTensor | undefined;
    for (let run = 0; run < runs; run++) {
      const start = performance.now();
      ({ y } = await program.run(inputs));
      ms = Math.min(ms, performance.now() - start);
    }
    if (!y) throw new TypeError("the problem's graph gives y");
    return { y, ms };
  } finally {
    program.dispose();
  }
}

function firstWrong(y: HostTensor, { expected }: Int8Problem): string | undefined {
  for (const [pixel, steps] of expected)
    for (const [channel, step] of steps.entries()) {
      const found = stepOf(y, pixel, channel);
      if (!(Math.abs(found - step) <= STEPS_APART)) return `${found.toFixed(0)} where ${step} is right`;
    }
  return undefined;
}

/**
 * Finds out whether a device multiplies 8-bit numbers right, and whether that is worth it. Processors without VNNI add
 * products of 8-bit numbers in 16 bits; were two of graft's not to fit, they would be cut off without any error.
 * @param runs of each of the two, of which the fastest counts.
 */
export async function checkInt8(backend: Backend, runs = 12): Promise<Int8Check> {
  const problem = int8Problem(PIXELS);
  const whole = await timed(backend, problem.quantized, problem.inputs, runs);
  const plain = await timed(backend, problem.plain, problem.inputs, runs);
  const wrong = firstWrong(whole.y, problem);
  const timesFaster = plain.ms / whole.ms;
  if (wrong === undefined) return { timesFaster };
  return {
    wrong: `Its int8 self-check failed: an integer convolution gives ${wrong} on ${backend.device.name}.`,
    timesFaster,
  };
}
