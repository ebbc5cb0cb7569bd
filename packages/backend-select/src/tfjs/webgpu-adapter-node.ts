import { CoreError } from "@graft/core";

/** What people and the choice between backends need to know of a GPU. */
export interface AdapterFacts {
  /** e.g. "nvidia ampere (NVIDIA A10)" */
  readonly name: string;
  /** True for a program that imitates a GPU: right numbers, no speed. */
  readonly software: boolean;
}

export interface OpenedGpu {
  readonly adapter: GPUAdapter;
  readonly facts: AdapterFacts;
  /** Dawn's classes (GPUBuffer, GPUMapMode, …), which a browser has as globals. */
  readonly globals: object;
  /** Must stay reachable as long as a device of its adapters is used. */
  readonly gpu: GPU;
}

/** SwiftShader (Chromium), llvmpipe and lavapipe (Mesa), WARP (Windows) by their own names. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|microsoft basic render|\bwarp\b/i;

export function adapterFacts(info: Partial<GPUAdapterInfo>): AdapterFacts {
  const { vendor = "", architecture = "", device = "", description = "" } = info;
  const text = [vendor, architecture, device, description].join(" ");
  const detail = [device, description].filter((part) => part !== "");
  const name = [[vendor, architecture].filter((part) => part !== "").join(" "), ...detail]
    .filter((part) => part !== "")
    .join(", ");
  return {
    name: name === "" ? "an unnamed GPU" : name,
    software: info.isFallbackAdapter === true || SOFTWARE.test(text),
  };
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
  return { adapter, facts: adapterFacts(adapter.info), globals: dawn.globals, gpu };
}
