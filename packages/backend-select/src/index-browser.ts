// The engines in a browser, and the choice between them. Nothing here loads an engine before it is opened.
export type { DeviceMemory } from "./contest.ts";
export type { BrowserEngineOptions, BrowserTfjsOptions } from "./engine-options-browser.ts";
export { createOnnxBackend, createTfjsBackend } from "./engines-browser.ts";
export {
  type BrowserSelectOptions,
  checkBackendName,
  probeBackends,
  selectBackend,
} from "./select-browser.ts";
export { checkInt8, type Int8Check } from "./self-check/int8-check.ts";
export { selfCheck } from "./self-check/self-check.ts";
export type { BackendProbe, Refusal, SelectedBackend, SelectRequest } from "./types.ts";
export { WASM_FILES, type WasmFile, type WasmUrl } from "./wasm-files-browser.ts";
