import { cpus } from "node:os";
import type { Backend } from "@graft/core";
import ort from "onnxruntime-node";
import { OnnxBackend, type OnnxDevice } from "./backend.ts";
import { openGpuDevice } from "./gpu-device-node.ts";
import { usableThreads } from "./threads-node.ts";

export type OnnxProvider = "cpu" | "cuda" | "webgpu";

export interface OnnxOptions {
  readonly provider: OnnxProvider;
  /** Threads of the CPU provider. @default as many as this process may keep busy */
  readonly threads?: number;
  /** Which of several GPUs, as CUDA counts them; the other providers choose by themselves. @default 0 */
  readonly deviceId?: number;
}

function cpuDevice(threads: number): OnnxDevice {
  const model = cpus()[0]?.model.trim() || process.arch;
  return {
    id: "onnx:cpu",
    kind: "cpu",
    facts: {
      name: `${model}, ${threads} ${threads === 1 ? "thread" : "threads"}`,
      engine: "onnx",
      engineVersion: ort.env.versions.node ?? ort.env.versions.common,
      threads,
    },
    limits: { maxTensorBytes: 2 ** 31 - 1, blockBytes: 4 * 2 ** 20, preferredBatch: 32 },
    capabilities: { runsOffThread: false },
    traits: { maxPoolTellsOffsets: true },
    runtime: ort,
    sessionOptions: {
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      graphOptimizationLevel: "all",
    },
  };
}

/**
 * A backend that runs graphs by onnxruntime-node.
 * @throws CoreError `backend` whose message is the reason when the provider can not be used here; never falls back.
 */
export async function createOnnxBackend(options: OnnxOptions): Promise<Backend> {
  const { provider, threads = usableThreads(), deviceId = 0 } = options;
  if (provider === "cpu") return new OnnxBackend(cpuDevice(threads));
  return new OnnxBackend(await openGpuDevice({ provider, deviceId }));
}
