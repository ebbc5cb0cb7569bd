import { nodeAdapter } from "../adapter-probe-node.ts";
import type { TfjsDevice } from "./device.ts";
import { type OpenedGpu, openGpu } from "./webgpu-adapter-node.ts";
import { openWebgpuOn } from "./webgpu-device.ts";

export interface WebgpuOptions {
  /**
   * @default false
   */
  readonly allowSoftware?: boolean;
}

/** Puts Dawn where tfjs looks for a browser's WebGPU, only for as long as the engine's constructor asks for it. */
function withNavigator<T>(gpu: GPU, make: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true, writable: true });
  try {
    return make();
  } finally {
    if (before) Object.defineProperty(globalThis, "navigator", before);
    else Reflect.deleteProperty(globalThis, "navigator");
  }
}

/** tfjs's kernels name GPUBufferUsage, GPUMapMode, … as globals, which a browser has. */
function nameGlobals(gpu: OpenedGpu): void {
  for (const [name, value] of Object.entries(gpu.globals))
    if (!(name in globalThis))
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

/**
 * tfjs on a GPU in Node, over Dawn.
 * @throws CoreError `backend` with the reason when there is no adapter, or only a software one that was not asked for.
 */
export async function openWebgpuDevice(options: WebgpuOptions = {}): Promise<TfjsDevice> {
  const { allowSoftware = false } = options;
  const gpu = await openGpu();
  const facts = nodeAdapter({ facts: gpu.facts }, allowSoftware);
  nameGlobals(gpu);
  const construct = <T>(make: () => T): T => withNavigator(gpu.gpu, make);
  return openWebgpuOn({ adapter: gpu.adapter, facts, construct });
}
