import type { State } from "../backend/backend.ts";
import { copyInto } from "../backend/state.ts";
import { stateRefusals } from "../backend/state-refusals.ts";
import { type Graph, numElements, parametersOf } from "../graph/graph.ts";
import { sameShape } from "../graph/infer-shape.ts";

/** How a state keeps numbers between runs; what `State.read` gives is float32 either way. */
export type StatePrecision = "float64" | "float32";

/** The reference's parameters, in float64 arrays whose values are rounded to float32 when the precision says so. */
export class ReferenceState implements State {
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #precision: StatePrecision;
  #values: Map<string, Float64Array> | undefined;

  constructor(graph: Graph, precision: StatePrecision) {
    const parameters = parametersOf(graph);
    this.#shapes = new Map(parameters.map((node) => [node.name, node.shape]));
    this.#precision = precision;
    this.#values = new Map(parameters.map((node) => [node.name, new Float64Array(numElements(node.shape))]));
  }

  /** The values as they are, not copied. @throws CoreError `backend` after `dispose`. */
  get values(): ReadonlyMap<string, Float64Array> {
    return this.#alive();
  }

  has(name: string, shape: readonly number[]): boolean {
    const known = this.#shapes.get(name);
    return known !== undefined && sameShape(known, shape);
  }

  /** Takes a run's updates; the arrays become the state's own. */
  take(updated: ReadonlyMap<string, Float64Array>): void {
    for (const [name, value] of updated) {
      this.#alive().set(name, this.#precision === "float32" ? value.map(Math.fround) : value);
    }
  }

  async read(
    names?: readonly string[],
    into?: ReadonlyMap<string, Float32Array>,
  ): Promise<ReadonlyMap<string, Float32Array>> {
    const wanted = names ?? [...this.#shapes.keys()];
    return new Map(wanted.map((name) => [name, copyInto(this.#value(name), into?.get(name))]));
  }

  async write(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    stateRefusals.checkLengths(values, (name) => this.#value(name).length);
    for (const [name, value] of values) this.#alive().set(name, Float64Array.from(value));
  }

  dispose(): void {
    this.#values = undefined;
  }

  #alive(): Map<string, Float64Array> {
    if (!this.#values) throw stateRefusals.disposed();
    return this.#values;
  }

  #value(name: string): Float64Array {
    const value = this.#alive().get(name);
    if (value) return value;
    throw stateRefusals.noSuchParameter(name, this.#shapes.keys());
  }
}
