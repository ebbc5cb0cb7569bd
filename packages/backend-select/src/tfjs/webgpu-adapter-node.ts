import { CoreError } from "@graft/core";
import { type AdapterFacts, adapterFacts } from "../adapter-facts.ts";

export interface OpenedGpu {
  readonly adapter: GPUAdapter;
  readonly facts: AdapterFacts;
  /** Dawn's classes (GPUBuffer, GPUMapMode, …), which a browser has as globals. */
  readonly globals: object;
  readonly gpu: GPU;
}

/**
 * Dawn's one instance of the process, never collected: Dawn 0.6 ends the process ("std::system_error: Invalid argument",
 * or a segmentation fault) when an instance is collected while a device of it works, a destroyed one's threads included.
 */
let instance: GPU | undefined;

/**
 * Asks Dawn (npm `webgpu`) for an adapter.
 * @throws CoreError `backend` with the reason: Dawn has no binary for this machine, or it finds no GPU.
 */
export async function openGpu(): Promise<OpenedGpu> {
  const dawn = await import("webgpu").catch((cause: unknown) => {
    const received = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    throw new CoreError("backend", { what: "Dawn (npm webgpu) does not load here.", received }, { cause });
  });
  instance ??= dawn.create([]);
  const gpu = instance;
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) {
    throw new CoreError("backend", {
      what: "There is no WebGPU adapter.",
      expected: "a GPU with a Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows) driver",
    });
  }
  return { adapter, facts: adapterFacts(adapter.info, adapter.limits), globals: dawn.globals, gpu };
}
