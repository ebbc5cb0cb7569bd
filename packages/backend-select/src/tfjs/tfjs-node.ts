import type { Backend } from "@graft/core";
import { TfjsBackend } from "./backend.ts";
import { openCpuDevice } from "./cpu-device.ts";
import { openWasmDevice } from "./wasm-device-node.ts";

export type TfjsDeviceName = "cpu" | "wasm";

export async function createTfjsBackend({ device }: { device: TfjsDeviceName }): Promise<Backend> {
  return new TfjsBackend(device === "cpu" ? await openCpuDevice() : await openWasmDevice());
}
