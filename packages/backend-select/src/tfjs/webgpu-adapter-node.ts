import { CoreError } from "@graft/core";
import { type AdapterFacts, adapterFacts } from "../adapter-facts.ts";

export interface OpenedGpu {
  readonly adapter: GPUAdapter;
  readonly facts: AdapterFacts;
  /** Dawn's classes (GPUBuffer, GPUMapMode, …), which a browser has as globals. */
  readonly globals: object;
  /** Must stay reachable as long as a device of its adapters is used. */
  readonly gpu: GPU;
}

/**
 * Asks Dawn (npm `webgpu`) for an adapter.
 * @throws CoreError `backend` with the reason: Dawn has no binary for this machine, or it finds no GPU.
 */
export async function openGpu(): Promise<OpenedGpu> {
  const dawn = await import("webgpu").catch((cause: unknown) => {
    const received = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    throw new CoreError("backend", { what: "Dawn (npm webgpu) does not load here.", received }, { cause });
  });
  const gpu = dawn.create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new CoreError("backend", {
      what: "There is no WebGPU adapter.",
      expected: "a GPU with a Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows) driver",
    });
  }
  return { adapter, facts: adapterFacts(adapter.info, adapter.limits), globals: dawn.globals, gpu };
}
