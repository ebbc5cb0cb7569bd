// Every engine behind a dynamic import: a page loads what it opens, where its bundler splits code.
import type { Backend } from "@graft/core";
import type { BrowserEngineOptions, BrowserTfjsOptions } from "./engine-options-browser.ts";
import { pageThreads } from "./threads-browser.ts";
import { besideScript } from "./wasm-files-browser.ts";

/**
 * A backend that runs graphs by ONNX Runtime Web on WebAssembly.
 * @throws CoreError `backend` whose message is the reason when it cannot be used here.
 */
export async function createOnnxBackend(options: BrowserEngineOptions = {}): Promise<Backend> {
  const { openOnnxBackend } = await import("./onnx/onnx-browser.ts");
  return openOnnxBackend(await pageThreads(options.threads), options.wasmUrl ?? besideScript);
}

/**
 * A backend that runs graphs op by op on one of tfjs's engines in a browser.
 * @throws CoreError `backend` whose message is the reason when the device cannot be used here.
 */
export async function createTfjsBackend(options: BrowserTfjsOptions): Promise<Backend> {
  const { openTfjsBackend } = await import("./tfjs/tfjs-browser.ts");
  return openTfjsBackend(options);
}
