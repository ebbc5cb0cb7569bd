import {
  CoreError,
  checkInputs,
  checkParameters,
  type Graph,
  type HostTensor,
  type Program,
  type State,
} from "@graft/core";
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { FusedMemory } from "../fused/memory.ts";
import { type FusedProgram, withoutFused } from "../fused/program.ts";
import type { Team } from "../fused/team.ts";
import type { LoweredGraph } from "./lower.ts";
import type { OnnxRuntime } from "./runtime.ts";
import { OnnxState } from "./state.ts";

/** The backend that a program belongs to, as far as it needs to know. */
interface ProgramOwner {
  readonly id: string;
  readonly runtime: OnnxRuntime;
  readonly writesOutputs?: boolean;
}

/** What a program is made of. */
export interface ProgramParts {
  readonly owner: ProgramOwner;
  readonly graph: Graph;
  readonly lowered: Omit<LoweredGraph, "bytes">;
  readonly session: InferenceSession;
  /** What is done without ONNX Runtime, and by whom; `lowered` is then the rest. */
  readonly fused?: FusedProgram;
  readonly team?: Team | undefined;
  readonly onDispose: (program: OnnxProgram) => void;
}

type Results = Readonly<Record<string, HostTensor>>;

/** One session of ONNX Runtime with the names that connect it to its graph. */
export class OnnxProgram implements Program {
  readonly #parts: ProgramParts;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  #disposed = false;

  constructor(parts: ProgramParts) {
    this.#parts = parts;
    this.#shapes = new Map(
      parts.graph.nodes.flatMap((node) => (node.kind === "parameter" ? [[node.name, node.shape]] : [])),
    );
  }

  async run(
    inputs: Readonly<Record<string, HostTensor>>,
    state?: State,
  ): Promise<Record<string, HostTensor>> {
    const { graph, owner, lowered } = this.#parts;
    this.#checkUsable();
    checkInputs(graph, inputs);
    if (state !== undefined && !(state instanceof OnnxState && state.owner === owner))
      throw new CoreError("bad-input", { what: "The state belongs to another backend." });
    state?.checkUsable();
    checkParameters(graph, state);
    if (!state || this.#shapes.size === 0)
      return this.#results(await this.#run(this.#feeds(inputs), new Map()));
    return state.inTurn(async () => {
      await this.#parts.team?.ready();
      state.checkUsable();
      const fused = this.#beginFused(inputs, state);
      try {
        const feeds = this.#feeds({ ...inputs, ...fused?.run.forward() });
        for (const [name, modelName] of lowered.parameters)
          feeds.set(modelName, this.#parameter(name, state.current(name)));
        const fetches = new Map<string, Tensor | null>();
        for (const [name, modelName] of lowered.updates)
          fetches.set(
            modelName,
            owner.writesOutputs === false ? null : this.#parameter(name, state.spare(name)),
          );
        const values = await this.#run(feeds, fetches);
        const results = this.#results(values);
        if (owner.writesOutputs === false) this.#takeUpdates(values, state);
        // only now, when the engine's part has succeeded, are values changed
        fused?.finish(results);
        state.swap(lowered.updates.keys());
        return withoutFused(results);
      } finally {
        fused?.release();
      }
    });
  }

  #feeds(inputs: Readonly<Record<string, HostTensor>>): Map<string, Tensor> {
    const feeds = new Map<string, Tensor>();
    for (const [name, modelName] of this.#parts.lowered.inputs) {
      const input = inputs[name];
      if (input) feeds.set(modelName, this.#tensor(input.data, input.shape));
    }
    return feeds;
  }

  /**
   * The fused part on the state's memory; on a copy, when the state was made for a graph that fuses less.
   * `release` is called once, whatever happened.
   */
  #beginFused(inputs: Readonly<Record<string, HostTensor>>, state: OnnxState) {
    const { fused, team } = this.#parts;
    if (!fused || !team) return undefined;
    const names = [...fused.work.parameters.keys()];
    const shared = state.memory;
    if (shared && names.every((name) => shared.has(name))) {
      const run = fused.begin(inputs, shared, team);
      const finish = (results: Results): void => {
        // a state that was disposed of meanwhile has nothing to update
        if (state.memory !== shared) return;
        try {
          run.update(results);
        } catch (error) {
          state.spoil();
          throw error;
        }
      };
      return { run, finish, release: () => undefined };
    }
    const copy = new FusedMemory(fused.work.parameters, fused);
    for (const name of names) copy.view(name)?.set(state.current(name));
    const run = fused.begin(inputs, copy, team);
    const finish = (results: Results): void => {
      run.update(results);
      for (const name of names) state.current(name).set(copy.view(name) ?? []);
    };
    return { run, finish, release: () => copy.dispose() };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#parts.fused?.dispose();
    this.#parts.session.release().catch(() => undefined); // already gone: nothing is left to free
    this.#parts.onDispose(this);
  }

  async #run(
    feeds: ReadonlyMap<string, Tensor>,
    fetches: Map<string, Tensor | null>,
  ): Promise<InferenceSession.OnnxValueMapType> {
    this.#checkUsable();
    const { session, lowered, owner } = this.#parts;
    for (const modelName of lowered.outputs.values()) fetches.set(modelName, null);
    try {
      return await session.run(Object.fromEntries(feeds), Object.fromEntries(fetches));
    } catch (error) {
      this.#checkUsable();
      const received = error instanceof Error ? error.message : String(error);
      throw new CoreError("backend", { what: `A run on ${owner.id} failed.`, received }, { cause: error });
    }
  }

  /** Results that the runtime did not write where they belong become the state's spare arrays. */
  #takeUpdates(values: InferenceSession.OnnxValueMapType, state: OnnxState): void {
    for (const [name, modelName] of this.#parts.lowered.updates) {
      const value = values[modelName];
      const data = value && "data" in value ? value.data : undefined;
      if (!(data instanceof Float32Array))
        throw new CoreError("backend", { what: `${this.#parts.owner.id} gave no new value of ${name}.` });
      state.takeSpare(name, data);
    }
  }

  #results(values: InferenceSession.OnnxValueMapType): Record<string, HostTensor> {
    const { lowered, owner } = this.#parts;
    const results: Record<string, HostTensor> = {};
    for (const [name, modelName] of lowered.outputs) {
      const value = values[modelName];
      if (value && "dims" in value) {
        const { dims, data } = value;
        if (data instanceof Float32Array || data instanceof Uint8Array) {
          results[name] = { shape: [...dims], data };
          continue;
        }
      }
      throw new CoreError("backend", { what: `${owner.id} gave no result ${name}.` });
    }
    return results;
  }

  #parameter(name: string, data: Float32Array): Tensor {
    return this.#tensor(data, this.#shapes.get(name) ?? []);
  }

  #tensor(data: HostTensor["data"], shape: readonly number[]): Tensor {
    const { Tensor } = this.#parts.owner.runtime;
    // a fused parameter that this program needs in the engine goes there as a copy
    if (data instanceof Float32Array && !(data.buffer instanceof ArrayBuffer))
      return new Tensor("float32", Float32Array.from(data), shape);
    return data instanceof Float32Array
      ? new Tensor("float32", data, shape)
      : new Tensor("uint8", data, shape);
  }

  #checkUsable(): void {
    if (this.#disposed) throw new CoreError("backend", { what: "This program was disposed of." });
  }
}
