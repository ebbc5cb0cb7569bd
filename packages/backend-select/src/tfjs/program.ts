import {
  CoreError,
  checkInputs,
  checkParameters,
  type Graph,
  type HostTensor,
  numElements,
  type Program,
  type State,
  shapeText,
} from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";
import type { TfjsDevice } from "./device.ts";
import { withEngine } from "./engine-turn.ts";
import { download, upload } from "./host-tensor.ts";
import { type Interpreted, interpret } from "./interpret.ts";
import { type Schedule, schedule } from "./schedule.ts";
import { TfjsState } from "./state.ts";

/** A graph with its order worked out and its constants in the engine. */
export class TfjsProgram implements Program {
  readonly #device: TfjsDevice;
  readonly #graph: Graph;
  readonly #schedule: Schedule;
  readonly #onDispose: () => void;
  #constants: Map<string, tf.Tensor> | undefined;

  private constructor(device: TfjsDevice, graph: Graph, onDispose: (program: TfjsProgram) => void) {
    this.#onDispose = () => onDispose(this);
    this.#device = device;
    this.#graph = graph;
    this.#schedule = schedule(graph);
    this.#checkSizes(1);
    this.#constants = new Map();
    for (const id of this.#schedule.order) {
      const node = graph.nodes[id];
      if (node?.kind === "constant") this.#constants.set(node.name, upload(node, device.traits));
    }
  }

  static compile(
    device: TfjsDevice,
    graph: Graph,
    onDispose: (program: TfjsProgram) => void,
  ): Promise<TfjsProgram> {
    return withEngine(device.engineName, () => new TfjsProgram(device, graph, onDispose));
  }

  async run(
    inputs: Readonly<Record<string, HostTensor>>,
    state?: State,
  ): Promise<Record<string, HostTensor>> {
    const batch = checkInputs(this.#graph, inputs);
    if (state !== undefined && !(state instanceof TfjsState && state.device === this.#device))
      throw new CoreError("bad-input", { what: "The state belongs to another backend." });
    checkParameters(this.#graph, state);
    this.#checkSizes(batch);
    const { engineName } = this.#device;
    const outputs = await withEngine(engineName, () => this.#interpret(inputs, state));
    const names = [...outputs.keys()];
    const reading = await Promise.allSettled(
      [...outputs.values()].map((tensor) => download(tensor, this.#device.traits)),
    );
    this.#checkDevice();
    const tensors = reading.map((result) => {
      if (result.status === "fulfilled") return result.value;
      const what = `A result could not be read from ${this.#device.id}.`;
      throw new CoreError("backend", { what, received: String(result.reason) }, { cause: result.reason });
    });
    return Object.fromEntries(tensors.map((tensor, i) => [names[i] ?? "", tensor]));
  }

  #interpret(
    inputs: Readonly<Record<string, HostTensor>>,
    state: TfjsState | undefined,
  ): Interpreted["outputs"] {
    const constants = this.#constants;
    if (!constants) throw new CoreError("backend", { what: "This program was disposed of." });
    this.#checkDevice();
    const { outputs, updates } = interpret(this.#graph, this.#schedule, this.#device, (node) => {
      const given = node.kind === "input" ? inputs[node.name] : undefined;
      if (given) return upload(given, this.#device.traits);
      const kept = node.kind === "constant" ? constants.get(node.name) : state?.tensor(node.name);
      if (!kept) throw new TypeError(`no tensor for the ${node.kind} ${node.name}`);
      return tf.clone(kept);
    });
    state?.take(updates);
    return outputs;
  }

  dispose(): void {
    for (const tensor of this.#constants?.values() ?? []) tensor.dispose();
    this.#constants = undefined;
    this.#onDispose();
  }

  /** A tensor above the device's limit would give wrong numbers on a GPU, not an error: it is refused before. */
  #checkSizes(batch: number): void {
    const { maxTensorBytes } = this.#device.limits;
    for (const id of this.#schedule.order) {
      const node = this.#graph.nodes[id];
      if (!node || numElements(node.shape, batch) * 4 <= maxTensorBytes) continue;
      throw new CoreError("limit", {
        what: `A tensor is too large for ${this.#device.id}.`,
        received: `${shapeText(node.shape)} with batch ${batch}, ${numElements(node.shape, batch) * 4} bytes`,
        expected: `at most ${maxTensorBytes} bytes`,
        fix: "Use a smaller batch, or parameters cut into blocks of the backend's limits.blockBytes.",
      });
    }
  }

  #checkDevice(): void {
    const reason = this.#device.failure();
    if (reason !== undefined)
      throw new CoreError("backend", {
        what: `${this.#device.id} can no longer be used.`,
        received: reason,
      });
  }
}
