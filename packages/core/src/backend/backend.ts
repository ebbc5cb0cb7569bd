/**
 * The contract between the method (core) and an engine (backend-select): types only.
 *
 * A backend runs graphs. It does not know InceptionV3, data sets or heads; core does not know engines, and no caller
 * tests a backend's name: what differs is data on the object (`limits`).
 */
import type { Graph } from "../graph/graph.ts";
import type { HostTensor } from "../graph/host-tensor.ts";

/** What `--backend` takes beside a full id. */
export type BackendKind = "cuda" | "webgpu" | "cpu" | "wasm";

/** What a run record and `graft doctor` say about where the work was done. */
export interface DeviceFacts {
  /** For people: "AMD EPYC, 2 threads", "NVIDIA H100". */
  readonly name: string;
  readonly engine: string;
  readonly engineVersion: string;
  readonly threads?: number;
  /** True for a device that only imitates a GPU (SwiftShader, llvmpipe): right numbers, no speed. */
  readonly software?: boolean;
  /** What makes it slower here than it could be, for people: "no memory that threads share, so one thread". */
  readonly notes?: readonly string[];
}

export interface BackendLimits {
  /** Largest single tensor in bytes. */
  readonly maxTensorBytes: number;
  /**
   * Size of a parameter in bytes above which passes/block-parameters.ts cuts it into pieces of this size, so that an
   * update's element-wise chain stays in cache (CPU) or under the binding limit (WebGPU). Infinity: never.
   */
  readonly blockBytes: number;
  /** The batch size above which this engine gains nothing in a forward pass; feature extraction uses it. */
  readonly preferredBatch: number;
  /**
   * True for an engine that computes fake-quantised convolutions on whole numbers of 8 bits. The others imitate them in
   * float32: right, and slower than without.
   */
  readonly int8?: boolean;
}

/** The parameters (weights and optimiser slots) of one training, held by the engine and shared by programs. */
export interface State {
  /**
   * Copies parameters out, by node name (blocks as the graph names them; `readLogical` in graph/state.ts joins them).
   * @param names default: all.
   * @param into arrays of the caller's that take the copies of the parameters they name; others get new ones. They must
   *   have the parameter's length.
   * @throws CoreError `bad-input` for an unknown name.
   */
  read(
    names?: readonly string[],
    into?: ReadonlyMap<string, Float32Array>,
  ): Promise<ReadonlyMap<string, Float32Array>>;
  /** Copies values in; names that are not given keep theirs. @throws CoreError `bad-input` for an unknown name or length. */
  write(values: ReadonlyMap<string, Float32Array>): Promise<void>;
  /** Frees the engine's memory. Idempotent. */
  dispose(): void;
}

/** A compiled graph. */
export interface Program {
  /**
   * Runs the graph once. The batch may differ from run to run.
   * @param inputs every input of the graph by name; the caller may reuse the arrays when the promise settles.
   * @param state required when the graph has parameters; updates have taken place when the promise settles.
   * @returns the graph's outputs by name, the caller's own.
   * @throws CoreError `bad-input` for a missing input or wrong shape, `backend` when the engine fails.
   */
  run(inputs: Readonly<Record<string, HostTensor>>, state?: State): Promise<Record<string, HostTensor>>;
  dispose(): void;
}

export interface Backend extends AsyncDisposable {
  /** engine:device, e.g. `onnx:cpu`, `tfjs:webgpu`. */
  readonly id: string;
  readonly kind: BackendKind;
  readonly device: DeviceFacts;
  readonly limits: BackendLimits;
  compile(graph: Graph): Promise<Program>;
  /** A state with every parameter of the graph, zero-filled. Programs whose parameters are among them may share it. */
  createState(graph: Graph): Promise<State>;
  /** Frees everything this backend still holds. Programs and states are unusable afterwards. */
  dispose(): Promise<void>;
}
