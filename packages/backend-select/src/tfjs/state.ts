import {
  copyInto,
  type Graph,
  numElements,
  parametersOf,
  type State,
  sameShape,
  stateRefusals,
} from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";
import type { TfjsDevice } from "./device.ts";
import { withEngine } from "./engine-turn.ts";
import { download, upload } from "./host-tensor.ts";

/** Parameters as tensors that stay in the engine; an update swaps the tensor, no number passes through JavaScript. */
export class TfjsState implements State {
  readonly device: TfjsDevice;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #onDispose: () => void;
  #tensors: Map<string, tf.Tensor> | undefined;

  private constructor(device: TfjsDevice, graph: Graph, onDispose: (state: TfjsState) => void) {
    this.device = device;
    this.#onDispose = () => onDispose(this);
    this.#shapes = new Map(parametersOf(graph).map((node) => [node.name, node.shape]));
    this.#tensors = new Map([...this.#shapes].map(([name, shape]) => [name, tf.zeros([...shape])]));
  }

  /** All parameters of the graph, zero-filled. */
  static create(device: TfjsDevice, graph: Graph, onDispose: (state: TfjsState) => void): Promise<TfjsState> {
    return withEngine(device.engineName, () => new TfjsState(device, graph, onDispose));
  }

  has(name: string, shape: readonly number[]): boolean {
    const known = this.#shapes.get(name);
    return known !== undefined && sameShape(known, shape);
  }

  /** The parameter's tensor, still the state's. */
  tensor(name: string): tf.Tensor {
    if (!this.#tensors) throw stateRefusals.disposed();
    const tensor = this.#tensors.get(name);
    if (tensor) return tensor;
    throw stateRefusals.noSuchParameter(name, this.#shapes.keys());
  }

  /** Puts new tensors in the place of old ones; they become the state's. */
  take(updates: ReadonlyMap<string, tf.Tensor>): void {
    for (const [name, tensor] of updates) {
      this.tensor(name).dispose();
      this.#tensors?.set(name, tensor);
    }
  }

  async read(
    names?: readonly string[],
    into?: ReadonlyMap<string, Float32Array>,
  ): Promise<ReadonlyMap<string, Float32Array>> {
    const wanted = names ?? [...this.#shapes.keys()];
    // clones, so that a step that swaps a parameter meanwhile does not free what is being read
    const clones = await withEngine(this.device.engineName, () =>
      wanted.map((name) => tf.clone(this.tensor(name))),
    );
    const values = await Promise.all(clones.map((clone) => download(clone, this.device.traits)));
    return new Map(wanted.map((name, i) => [name, copyInto(values[i]?.data ?? [], into?.get(name))]));
  }

  write(values: ReadonlyMap<string, Float32Array>): Promise<void> {
    return withEngine(this.device.engineName, () => {
      stateRefusals.checkLengths(values, (name) => numElements(this.tensor(name).shape));
      const { traits } = this.device;
      for (const [name, data] of values) {
        this.take(new Map([[name, upload({ shape: this.tensor(name).shape, data }, traits)]]));
      }
    });
  }

  dispose(): void {
    for (const tensor of this.#tensors?.values() ?? []) tensor.dispose();
    this.#tensors = undefined;
    this.#onDispose();
  }
}
