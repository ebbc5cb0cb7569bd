import type { Backend, Graph, HostTensor, OpName } from "@graft/core";
import { type Digest, digestOf } from "./digest.ts";
import { startValues, stepGraph, stepInputs, traceGraph, traceName } from "./problem.ts";

/** One tensor to compare: what it is called in a refusal, and its digest. */
export interface Measured<Name extends string = string> {
  readonly name: Name;
  readonly digest: Digest;
}

/** Runs a graph once on fresh parameters. @returns its outputs, and its parameters after the run. */
async function runOnce(
  backend: Backend,
  graph: Graph,
  seed: number,
): Promise<{ outputs: Record<string, HostTensor>; parameters: ReadonlyMap<string, Float32Array> }> {
  const program = await backend.compile(graph);
  try {
    const state = await backend.createState(graph);
    try {
      await state.write(startValues(seed, graph));
      const outputs = await program.run(stepInputs(seed), state);
      return { outputs, parameters: await state.read() };
    } finally {
      state.dispose();
    }
  } finally {
    program.dispose();
  }
}

/** The result of each op of a train step, in an order in which an op comes after those it reads. */
export async function measureOps(backend: Backend, seed: number): Promise<Measured<OpName>[]> {
  const graph = stepGraph(seed);
  const { outputs } = await runOnce(backend, traceGraph(graph), seed);
  return graph.nodes.flatMap((node, id) =>
    node.kind === "op"
      ? [{ name: node.op.op, digest: digestOf(outputs[traceName(id)]?.data ?? new Float32Array()) }]
      : [],
  );
}

/** What a train step gives and leaves behind, run as training runs it: nothing in between is read. */
export async function measureStep(backend: Backend, seed: number): Promise<Measured[]> {
  const { outputs, parameters } = await runOnce(backend, stepGraph(seed), seed);
  const results = Object.entries(outputs).map(([name, { data }]) => [name, data] as const);
  return [...results, ...parameters].map(([name, data]) => ({ name, digest: digestOf(data) }));
}
