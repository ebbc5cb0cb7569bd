import type { Backend } from "@graft/core";
import { TfjsBackend } from "../tfjs/backend.ts";
import { openTensorflowDevice, type TensorflowOptions } from "./tensorflow-device-node.ts";

/**
 * A backend that runs graphs op by op on TensorFlow, which `installEngine` brought: `tfjs:tensorflow` on the processor,
 * `tfjs:tensorflow-cuda` on an NVIDIA GPU, never silently on the processor. A process can use one of the two.
 * @throws CoreError `backend` whose message is the reason when it cannot be used here.
 */
export async function createTensorflowBackend(options: TensorflowOptions): Promise<Backend> {
  return new TfjsBackend(await openTensorflowDevice(options));
}
