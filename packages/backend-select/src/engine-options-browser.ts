import type { WasmUrl } from "./wasm-files-browser.ts";

export interface BrowserEngineOptions {
  /**
   * Threads of the engines on WebAssembly; without cross-origin isolation it is always one.
   * @default as many as there are processors (at most 8) when that is faster than one, by a measurement of a tenth of a second
   */
  readonly threads?: number | undefined;
  /** Where the files that {@link WASM_FILES} lists lie. @default beside the script */
  readonly wasmUrl?: WasmUrl | undefined;
}

export interface BrowserTfjsOptions extends BrowserEngineOptions {
  readonly device: "cpu" | "wasm" | "webgpu";
  /** Take a WebGPU adapter that only imitates a GPU too. @default false */
  readonly allowSoftware?: boolean;
}
