import type { Backend, Program, State } from "../backend/backend.ts";
import { writeLogical } from "../backend/state.ts";
import type { Graph } from "../graph/graph.ts";
import { blockParameters } from "../graph/passes/block-parameters.ts";
import type { HeadValues } from "../head/types.ts";

/** A program with the parameters that it runs on. */
export interface FilledProgram extends Disposable {
  /** As `Program.run`. */
  readonly run: (inputs: Parameters<Program["run"]>[0]) => ReturnType<Program["run"]>;
  /** Frees the engine's memory. Idempotent. */
  dispose(): void;
}

/**
 * Compiles a graph and gives its parameters their values, which may be dropped afterwards.
 * @param options.values by logical name.
 * @throws CoreError as `Backend.compile`, `bad-input` for values that do not fit the graph.
 */
export async function compileFilled(options: {
  readonly graph: Graph;
  readonly values: HeadValues;
  readonly backend: Backend;
}): Promise<FilledProgram> {
  const { values, backend } = options;
  const graph = blockParameters(options.graph, backend.limits.blockBytes);
  const program = await backend.compile(graph);
  let state: State | undefined;
  const dispose = (): void => {
    program.dispose();
    state?.dispose();
  };
  try {
    state = await backend.createState(graph);
    await writeLogical(state, graph, values);
  } catch (error) {
    dispose();
    throw error;
  }
  return { run: (inputs) => program.run(inputs, state), dispose, [Symbol.dispose]: dispose };
}
