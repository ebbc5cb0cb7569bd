import type { Backend } from "@graft/core";
import { TfjsBackend } from "./backend.ts";
import type { TfjsDevice } from "./device.ts";
import type { WebgpuOptions } from "./webgpu-device-node.ts";

export type TfjsDeviceName = "cpu" | "wasm" | "webgpu";

export type TfjsOptions = { readonly device: TfjsDeviceName } & WebgpuOptions;

/** Each device brings its engine's code when it is opened. */
async function openDevice(options: TfjsOptions): Promise<TfjsDevice> {
  switch (options.device) {
    case "cpu":
      return (await import("./cpu-device.ts")).openCpuDevice();
    case "wasm":
      return (await import("./wasm-device.ts")).openWasmDevice();
    case "webgpu":
      return (await import("./webgpu-device-node.ts")).openWebgpuDevice(options);
    default:
      options.device satisfies never;
      throw new TypeError(`unknown device ${options.device}`);
  }
}

/** See `createTfjsBackend` in engines-node.ts. */
export async function openTfjsBackend(options: TfjsOptions): Promise<Backend> {
  return new TfjsBackend(await openDevice(options));
}
