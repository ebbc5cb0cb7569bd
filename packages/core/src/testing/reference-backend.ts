import type { Backend, BackendLimits, Program, State } from "../backend/backend.ts";
import { checkInputs, checkParameters } from "../backend/check-inputs.ts";
import { CoreError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { HostTensor } from "../graph/host-tensor.ts";
import { evaluateGraph } from "./evaluate-graph.ts";
import { ReferenceState, type StatePrecision } from "./reference-state.ts";

export interface ReferenceOptions {
  /** @default "float64" */
  readonly statePrecision?: StatePrecision;
  /** @default Infinity: never cut a parameter into blocks */
  readonly blockBytes?: number;
}

const hostTensor = (shape: readonly number[], data: Float64Array): HostTensor => ({
  shape,
  data: Float32Array.from(data),
});

class ReferenceProgram implements Program {
  readonly #graph: Graph;
  readonly #usable: () => boolean;
  #disposed = false;

  constructor(graph: Graph, usable: () => boolean) {
    this.#graph = graph;
    this.#usable = usable;
  }

  async run(
    inputs: Readonly<Record<string, HostTensor>>,
    state?: State,
  ): Promise<Record<string, HostTensor>> {
    if (this.#disposed || !this.#usable())
      throw new CoreError("backend", { what: "This program was disposed of." });
    const batch = checkInputs(this.#graph, inputs);
    if (state !== undefined && !(state instanceof ReferenceState))
      throw new CoreError("bad-input", { what: "The state belongs to another backend." });
    checkParameters(this.#graph, state);
    const { outputs, shapes, updated } = evaluateGraph(this.#graph, {
      batch,
      inputs: new Map(Object.entries(inputs).map(([name, tensor]) => [name, tensor.data])),
      parameters: state?.values ?? new Map(),
    });
    state?.take(updated);
    return Object.fromEntries(
      [...outputs].map(([name, data]) => [name, hostTensor(shapes.get(name) ?? [], data)]),
    );
  }

  dispose(): void {
    this.#disposed = true;
  }
}

/**
 * The measure for every engine: each op of graph.ts interpreted in float64 by plain loops, only what enters and leaves
 * rounded to float32. Slow; for tests.
 */
export class ReferenceBackend implements Backend {
  readonly id = "reference:cpu";
  readonly kind = "cpu";
  readonly device = { name: "plain loops in float64", engine: "reference", engineVersion: "1", threads: 1 };
  readonly limits: BackendLimits;
  readonly #statePrecision: StatePrecision;
  readonly #states = new Set<ReferenceState>();
  #disposed = false;

  constructor(options: ReferenceOptions = {}) {
    const { statePrecision = "float64", blockBytes = Number.POSITIVE_INFINITY } = options;
    this.#statePrecision = statePrecision;
    this.limits = { maxTensorBytes: 2 ** 31, blockBytes, preferredBatch: 8 };
  }

  async compile(graph: Graph): Promise<Program> {
    this.#check();
    return new ReferenceProgram(graph, () => !this.#disposed);
  }

  async createState(graph: Graph): Promise<State> {
    this.#check();
    const state = new ReferenceState(graph, this.#statePrecision);
    this.#states.add(state);
    return state;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const state of this.#states) state.dispose();
    this.#states.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  #check(): void {
    if (this.#disposed) throw new CoreError("backend", { what: "This backend was disposed of." });
  }
}

/** A fresh {@link ReferenceBackend}. */
export const createReferenceBackend = (options?: ReferenceOptions): ReferenceBackend =>
  new ReferenceBackend(options);
