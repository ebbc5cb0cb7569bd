import type { Backend } from "@graft/core";
import { TfjsBackend } from "./backend.ts";
import { openCpuDevice } from "./cpu-device.ts";
import type { TfjsDevice } from "./device.ts";
import { openWasmDevice } from "./wasm-device-node.ts";
import { openWebgpuDevice, type WebgpuOptions } from "./webgpu-device-node.ts";

export type TfjsDeviceName = "cpu" | "wasm" | "webgpu";

export type TfjsOptions = { readonly device: TfjsDeviceName } & WebgpuOptions;

function openDevice(options: TfjsOptions): Promise<TfjsDevice> {
  switch (options.device) {
    case "cpu":
      return openCpuDevice();
    case "wasm":
      return openWasmDevice();
    case "webgpu":
      return openWebgpuDevice(options);
    default:
      options.device satisfies never;
      throw new TypeError(`unknown device ${options.device}`);
  }
}

/**
 * A backend that runs graphs op by op on one of tfjs's engines in Node.
 * @throws CoreError `backend` whose message is the reason when the device can not be used here.
 */
export async function createTfjsBackend(options: TfjsOptions): Promise<Backend> {
  return new TfjsBackend(await openDevice(options));
}
