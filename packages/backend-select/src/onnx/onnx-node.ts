import { cpus } from "node:os";
import type { Backend } from "@graft/core";
import { kernelsRun } from "../fused/program.ts";
import { openNodeTeam } from "../fused/team-node.ts";
import { threadsText } from "../threads-text.ts";
import { OnnxBackend, type OnnxDevice } from "./backend.ts";
import type { GpuOptions } from "./gpu-device-node.ts";
import { ort } from "./runtime-node.ts";
import { usableThreads } from "./threads-node.ts";

export type OnnxProvider = "cpu" | "cuda" | "webgpu";

export interface OnnxOptions extends Omit<GpuOptions, "provider"> {
  readonly provider: OnnxProvider;
  /** Threads of the CPU provider. @default as many as this process may keep busy */
  readonly threads?: number | undefined;
}

/** Below this a layer's product and update are a matter of microseconds either way. */
const FUSED_MIN_BYTES = 2 ** 20;

/**
 * How long a thread waits busily for the others, in microseconds: from one layer to the next they are a few apart, and one whose
 * fellow lost its core to a decoder or another process would burn its own for as long as that takes. Between two runs none
 * waits so at all.
 */
const SPIN_US = "10";

function cpuDevice(threads: number): OnnxDevice {
  const model = cpus()[0]?.model.trim() || process.arch;
  return {
    id: "onnx:cpu",
    kind: "cpu",
    facts: {
      name: `${model}, ${threadsText(threads)}`,
      engine: "onnx",
      engineVersion: ort.env.versions.node ?? ort.env.versions.common,
      threads,
    },
    // 8 images a run are as quick as 32 (101.9 and 102.7 images/s, medians of 25 in turn) and a wish to stop is heard sooner
    limits: { maxTensorBytes: 2 ** 31 - 1, blockBytes: 4 * 2 ** 20, preferredBatch: 8, int8: true },
    traits: { maxPoolTellsOffsets: true, trainsByGemm: true },
    runtime: ort,
    ...(kernelsRun({ shared: true }) && {
      fused: { minBytes: FUSED_MIN_BYTES, shared: true, openTeam: () => openNodeTeam(threads) },
    }),
    sessionOptions: {
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: "sequential",
      extra: { session: { force_spinning_stop: "1", intra_op: { spin_duration_us: SPIN_US } } },
      graphOptimizationLevel: "all",
    },
  };
}

/** See `createOnnxBackend` in engines-node.ts. */
export async function openOnnxBackend(options: OnnxOptions): Promise<Backend> {
  const { provider, threads = usableThreads(), ...gpu } = options;
  if (provider === "cpu") return new OnnxBackend(cpuDevice(threads));
  const { openGpuDevice } = await import("./gpu-device-node.ts");
  return new OnnxBackend(await openGpuDevice({ provider, ...gpu }));
}
