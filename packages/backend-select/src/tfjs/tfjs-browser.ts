import type { Backend } from "@graft/core";
import type { BrowserTfjsOptions } from "../engine-options-browser.ts";
import { pageThreads } from "../threads-browser.ts";
import { besideScript } from "../wasm-files-browser.ts";
import { TfjsBackend } from "./backend.ts";
import type { TfjsDevice } from "./device.ts";

const FILES = [
  "tfjs-backend-wasm.wasm",
  "tfjs-backend-wasm-simd.wasm",
  "tfjs-backend-wasm-threaded-simd.wasm",
] as const;

async function openDevice(options: BrowserTfjsOptions): Promise<TfjsDevice> {
  const { device, allowSoftware = false, threads, wasmUrl = besideScript } = options;
  switch (device) {
    case "cpu":
      return (await import("./cpu-device.ts")).openCpuDevice();
    case "wasm": {
      const page = await pageThreads(threads);
      const { openWasmDevice } = await import("./wasm-device.ts");
      const paths = Object.fromEntries(FILES.map((file) => [file, String(wasmUrl(file))]));
      return openWasmDevice({ paths, threads: page.threads, notes: page.notes });
    }
    case "webgpu":
      return (await import("./webgpu-device-browser.ts")).openWebgpuDevice(allowSoftware);
    default:
      device satisfies never;
      throw new TypeError(`unknown device ${device}`);
  }
}

/** See `createTfjsBackend` in engines-browser.ts. */
export async function openTfjsBackend(options: BrowserTfjsOptions): Promise<Backend> {
  return new TfjsBackend(await openDevice(options));
}
