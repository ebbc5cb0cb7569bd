/** The WebAssembly files that a page serves beside its script, with the npm package and path that each is copied from. */
export const WASM_FILES = {
  "ort-wasm-simd-threaded.mjs": "onnxruntime-web/dist/ort-wasm-simd-threaded.mjs",
  "ort-wasm-simd-threaded.wasm": "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm",
  "tfjs-backend-wasm.wasm": "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm",
  "tfjs-backend-wasm-simd.wasm": "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
  "tfjs-backend-wasm-threaded-simd.wasm":
    "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm",
} as const;

export type WasmFile = keyof typeof WASM_FILES;

/** Where a file lies: a function of its name, for bundlers that rename files. */
export type WasmUrl = (file: WasmFile) => string | URL;

/** Beside the script that this module was bundled into. */
export const besideScript: WasmUrl = (file) => new URL(file, import.meta.url);
