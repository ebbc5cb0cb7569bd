import * as tf from "@tensorflow/tfjs-core";
import type { TfjsDevice } from "./device.ts";
import { startEngine } from "./engine-turn.ts";

/** tfjs's WebAssembly engine in Node: SIMD, one thread (the package switches threads off there). */
export async function openWasmDevice(): Promise<TfjsDevice> {
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  await startEngine("wasm");
  const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
  const threads = wasm.getThreadsCount();
  return {
    engineName: "wasm",
    id: "tfjs:wasm",
    kind: "wasm",
    facts: {
      name: `WebAssembly${simd ? " with SIMD" : ""}, ${threads} thread${threads === 1 ? "" : "s"}`,
      engine: "tfjs",
      engineVersion: wasm.version_wasm,
      threads,
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
