import { CoreError } from "@graft/core";
import { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import * as tf from "@tensorflow/tfjs-core";
import { alone } from "./engine-turn.ts";

const ENGINE = "webgpu";

/** tfjs's WebGPU engine on one device. */
export interface WebgpuEngine {
  readonly limits: GPUSupportedLimits;
  /** Why it cannot be used any more; undefined while all is well. */
  failure(): string | undefined;
  /** Takes the engine out of tfjs-core and destroys the device: only that gives all GPU memory back (ENGINES.md 3). */
  destroy(): Promise<void>;
}

/** The adapter's own limits for all that tfjs's kernels touch; without them a device has WebGPU's small defaults. */
const LIMITS = [
  "maxBufferSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeWorkgroupStorageSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
] as const;

async function openDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  return adapter.requestDevice({ requiredLimits }).catch((cause: unknown) => {
    const received = cause instanceof Error ? cause.message : String(cause);
    throw new CoreError("backend", { what: "The GPU provided no device.", received }, { cause });
  });
}

/**
 * Starts tfjs's WebGPU engine on an adapter. One at a time a process: tfjs-core knows engines by name.
 * @param construct calls the given function while the platform's WebGPU is where tfjs looks for it.
 * @throws CoreError `backend` when the adapter gives no device.
 */
export async function startWebgpu(
  adapter: GPUAdapter,
  construct: <T>(make: () => T) => T,
): Promise<WebgpuEngine> {
  const device = await openDevice(adapter);
  let failure: string | undefined;
  device.addEventListener("uncapturederror", (event) => {
    failure ??= `the GPU reported: ${event.error.message.split("\n")[0]}`;
  });
  void device.lost.then(({ message, reason }) => {
    failure ??= `the GPU device was lost (${reason}): ${message}`;
  });
  const engine = construct(() => new WebGPUBackend(device, adapter.info));
  await alone(async () => {
    if (tf.findBackendFactory(ENGINE)) tf.removeBackend(ENGINE);
    tf.registerBackend(ENGINE, () => engine, 0);
    if (await tf.setBackend(ENGINE)) return;
    throw new CoreError("backend", { what: "tfjs's engine webgpu did not start on this GPU." });
  });
  return {
    limits: device.limits,
    failure: () => failure,
    destroy: () =>
      alone(async () => {
        failure ??= "it was disposed of";
        if (tf.findBackend(ENGINE) === engine) tf.removeBackend(ENGINE);
        device.destroy();
        await device.lost;
      }),
  };
}
