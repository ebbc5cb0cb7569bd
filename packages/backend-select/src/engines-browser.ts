// Every engine behind a dynamic import: a page loads what it opens, where its bundler splits code.
import type { Backend } from "@graft/core";
import { pageThreads } from "./threads-browser.ts";
import { besideScript, type WasmUrl } from "./wasm-files-browser.ts";

export interface BrowserEngineOptions {
  /**
   * Threads of the engines on WebAssembly; without cross-origin isolation it is always one.
   * @default as many as there are processors (at most 8) when that is faster than one, by a measurement of a tenth of a second
   */
  readonly threads?: number | undefined;
  /** Where the files that {@link WASM_FILES} lists lie. @default beside the script */
  readonly wasmUrl?: WasmUrl | undefined;
}

/**
 * A backend that runs graphs by ONNX Runtime Web on WebAssembly.
 * @throws CoreError `backend` whose message is the reason when it cannot be used here.
 */
export async function createOnnxBackend(options: BrowserEngineOptions = {}): Promise<Backend> {
  const { openOnnxBackend } = await import("./onnx/onnx-browser.ts");
  return openOnnxBackend(await pageThreads(options.threads), options.wasmUrl ?? besideScript);
}

export interface BrowserTfjsOptions extends BrowserEngineOptions {
  readonly device: "cpu" | "wasm" | "webgpu";
  /** Take a WebGPU adapter that only imitates a GPU too. @default false */
  readonly allowSoftware?: boolean;
}

/**
 * A backend that runs graphs op by op on one of tfjs's engines in a browser.
 * @throws CoreError `backend` whose message is the reason when the device cannot be used here.
 */
export async function createTfjsBackend(options: BrowserTfjsOptions): Promise<Backend> {
  const { openTfjsBackend } = await import("./tfjs/tfjs-browser.ts");
  return openTfjsBackend(options);
}
