import * as wasm from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { threadsText } from "../threads-text.ts";
import type { TfjsDevice } from "./device.ts";
import { startEngine } from "./engine-turn.ts";

export interface WasmEngineOptions {
  /** URLs of the engine's files by name. @default what the package finds beside itself */
  readonly paths?: Readonly<Record<string, string>>;
  /** Threads that are wanted. The engine takes one in Node, and at most half of the processors in a browser. */
  readonly threads?: number | undefined;
  readonly notes?: readonly string[];
}

/** tfjs's WebAssembly engine: one a process, so the first opening sets its files and threads. */
export async function openWasmDevice(options: WasmEngineOptions = {}): Promise<TfjsDevice> {
  const { paths, threads: wanted, notes = [] } = options;
  if (!tf.findBackend("wasm")) {
    if (paths) wasm.setWasmPaths({ ...paths });
    if (wanted !== undefined) wasm.setThreadsCount(wanted);
  }
  await startEngine("wasm");
  const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
  const threads = wasm.getThreadsCount();
  return {
    engineName: "wasm",
    id: "tfjs:wasm",
    kind: "wasm",
    facts: {
      name: `WebAssembly${simd ? " with SIMD" : ""}, ${threadsText(threads)}`,
      engine: "tfjs",
      engineVersion: wasm.version_wasm,
      threads,
      ...(notes.length > 0 && { notes }),
    },
    // the module's memory ends at 4 GiB, and a step holds old and new parameters at once
    limits: { maxTensorBytes: 2 ** 30, blockBytes: 4 * 2 ** 20, preferredBatch: 8 },
    traits: {
      sharesHostArrays: false,
      transposesFirst: true,
      convolvesBackward: true,
      slicesMaxPoolGradient: true,
    },
    failure: () => undefined,
    release: async () => undefined,
  };
}
