import * as tf from "@tensorflow/tfjs-core";
import type { TfjsDevice } from "./device.ts";
import { startEngine } from "./engine-turn.ts";

/** tfjs's plain JavaScript engine: no platform, no speed; for tests and as the last resort. */
export async function openCpuDevice(): Promise<TfjsDevice> {
  await import("@tensorflow/tfjs-backend-cpu");
  tf.enableProdMode(); // or the engine advises tfjs-node on the error stream
  await startEngine("cpu");
  return {
    engineName: "cpu",
    id: "tfjs:cpu",
    kind: "cpu",
    facts: { name: "JavaScript, 1 thread", engine: "tfjs", engineVersion: tf.version_core, threads: 1 },
    limits: { maxTensorBytes: 2 ** 31, blockBytes: 4 * 2 ** 20, preferredBatch: 1 },
    traits: {
      sharesHostArrays: true,
      transposesFirst: false,
      convolvesBackward: false,
      slicesMaxPoolGradient: false,
    },
    failure: () => undefined,
    release: async () => undefined,
  };
}
