import { threadsText } from "../threads-text.ts";
import type { OnnxDevice } from "./backend.ts";
import type { OnnxRuntime } from "./runtime.ts";

/** What the opener of ONNX Runtime Web found out. */
export interface WebRuntime {
  readonly runtime: OnnxRuntime;
  readonly version: string;
  readonly threads: number;
  /** What makes it slower here than it could be. */
  readonly notes: readonly string[];
  readonly fused: OnnxDevice["fused"];
}

/** ONNX Runtime Web on WebAssembly. */
export function webDevice({ runtime, version, threads, notes, fused }: WebRuntime): OnnxDevice {
  return {
    id: "onnx:wasm",
    kind: "wasm",
    facts: {
      name: `WebAssembly with SIMD, ${threadsText(threads)}`,
      engine: "onnx",
      engineVersion: version,
      threads,
      ...(notes.length > 0 && { notes }),
    },
    // the module's memory ends at 4 GiB, and a step holds old and new parameters at once
    limits: { maxTensorBytes: 2 ** 30, blockBytes: 4 * 2 ** 20, preferredBatch: 8, int8: true },
    traits: { maxPoolTellsOffsets: true, trainsByGemm: true },
    runtime,
    writesOutputs: false,
    ...(fused && { fused }),
    sessionOptions: {
      executionProviders: ["wasm"],
      executionMode: "sequential",
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
    },
  };
}
