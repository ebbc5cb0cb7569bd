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
import type { InferenceSession } from "onnxruntime-common";
import { FusedMemory } from "../fused/memory.ts";
import { FusedProgram, type FusedRules, fusedParameters } from "../fused/program.ts";
import type { Team } from "../fused/team.ts";
import { lowerGraph } from "./lower.ts";
import type { ProviderTraits } from "./lower-rows.ts";
import { OnnxProgram } from "./program.ts";
import type { OnnxRuntime } from "./runtime.ts";
import { OnnxState } from "./state.ts";

/** One provider of ONNX Runtime that is there; made by the files `*-node.ts`. */
export interface OnnxDevice {
  /** e.g. `onnx:cpu` */
  readonly id: string;
  readonly kind: BackendKind;
  readonly facts: DeviceFacts;
  readonly limits: BackendLimits;
  readonly traits: ProviderTraits;
  readonly runtime: OnnxRuntime;
  /**
   * True when the runtime writes results into the arrays that it is given for them. ONNX Runtime Web does not, without an
   * error: its results are taken as they come. @default true
   */
  readonly writesOutputs?: boolean;
  readonly sessionOptions: InferenceSession.SessionOptions;
  /** Large dense layers on inputs are done by threads of our own, where that is faster than the provider. */
  readonly fused?: FusedRules & { readonly openTeam: () => Promise<Team> };
}

/** Runs each graph as one ONNX model. Owns all programs and states made here. */
export class OnnxBackend implements Backend {
  readonly id: string;
  readonly kind: BackendKind;
  readonly device: DeviceFacts;
  readonly limits: BackendLimits;
  readonly #device: OnnxDevice;
  readonly #held = new Set<Program | State>();
  readonly #release = (held: Program | State): void => {
    this.#held.delete(held);
  };
  #team: Promise<Team> | undefined;
  #disposed = false;

  constructor(device: OnnxDevice) {
    this.#device = device;
    this.id = device.id;
    this.kind = device.kind;
    this.device = device.facts;
    this.limits = device.limits;
  }

  async compile(graph: Graph): Promise<Program> {
    this.#checkUsable();
    const { runtime, sessionOptions, traits, fused: fusing } = this.#device;
    const fused = fusing && FusedProgram.of(graph, fusing);
    const team = fused && (await this.#openTeam());
    const { bytes, ...lowered } = lowerGraph(fused?.rest ?? graph, traits);
    const session = await runtime.InferenceSession.create(bytes, sessionOptions).catch((error: unknown) => {
      const received = error instanceof Error ? error.message : String(error);
      throw new CoreError(
        "backend",
        { what: `${this.id} could not compile a graph.`, received },
        { cause: error },
      );
    });
    const parts = { owner: this.#device, graph, lowered, session, onDispose: this.#release };
    return this.#hold(new OnnxProgram(fused ? { ...parts, fused, team } : parts));
  }

  async createState(graph: Graph): Promise<State> {
    this.#checkUsable();
    const { fused: fusing } = this.#device;
    const parameters = fusing ? fusedParameters(graph, fusing) : undefined;
    const memory = fusing && parameters?.size ? new FusedMemory(parameters, fusing) : undefined;
    return this.#hold(new OnnxState(this.#device, graph, { memory, onDispose: this.#release }));
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const held of [...this.#held]) held.dispose();
    const team = await this.#team?.catch(() => undefined); // one that did not open has nothing to close
    this.#team = undefined;
    await team?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Of this backend's programs, opened when the first of them needs it. */
  #openTeam(): Promise<Team> | undefined {
    this.#team ??= this.#device.fused?.openTeam();
    return this.#team;
  }

  #hold<T extends Program | State>(made: T): T {
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
