import {
  type Backend,
  type BackendKind,
  type BackendLimits,
  CoreError,
  type DeviceFacts,
  type Graph,
  type Program,
  type State,
} from "@graft/core";
import type { TfjsDevice } from "./device.ts";
import { TfjsProgram } from "./program.ts";
import { TfjsState } from "./state.ts";

/** Runs graphs op by op on one engine of tfjs. Owns the device and all programs and states made here. */
export class TfjsBackend implements Backend {
  readonly id: string;
  readonly kind: BackendKind;
  readonly device: DeviceFacts;
  readonly limits: BackendLimits;
  readonly #device: TfjsDevice;
  readonly #held = new Set<Program | State>();
  readonly #release = (held: Program | State): void => {
    this.#held.delete(held);
  };
  #disposed = false;

  constructor(device: TfjsDevice) {
    this.#device = device;
    this.id = device.id;
    this.kind = device.kind;
    this.device = device.facts;
    this.limits = device.limits;
  }

  compile(graph: Graph): Promise<Program> {
    return this.#hold(() => TfjsProgram.compile(this.#device, graph, this.#release));
  }

  createState(graph: Graph): Promise<State> {
    return this.#hold(() => TfjsState.create(this.#device, graph, this.#release));
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const held of [...this.#held]) held.dispose();
    await this.#device.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #hold<T extends Program | State>(make: () => Promise<T>): Promise<T> {
    this.#checkUsable();
    const made = await make();
    if (this.#disposed) {
      made.dispose();
      this.#checkUsable();
    }
    this.#held.add(made);
    return made;
  }

  #checkUsable(): void {
    if (this.#disposed) throw new CoreError("backend", { what: `The backend ${this.id} was disposed of.` });
  }
}
