import { createRequire } from "node:module";
import { CoreError, GraphBuilder } from "@graft/core";
import { nodeAdapter, probeAdapter } from "../adapter-probe-node.ts";
import { askChild } from "../child-probe-node.ts";
import { nvidiaName } from "../gpu-signs-node.ts";
import type { AdapterAnswer } from "../usable-adapter.ts";
import type { OnnxDevice } from "./backend.ts";
import { whyNoCudaProvider } from "./cuda-provider-node.ts";
import { lowerGraph } from "./lower.ts";
import { ort } from "./runtime-node.ts";

type GpuProvider = "cuda" | "webgpu";

export interface GpuOptions {
  readonly provider: GpuProvider;
  /** Which of several GPUs, as CUDA counts them; WebGPU takes the one that the platform puts first. @default 0 */
  readonly deviceId?: number;
  /** Take a WebGPU adapter that only imitates a GPU too. @default false */
  readonly allowSoftware?: boolean;
  /** Of the processes that try the provider first. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** What is known of WebGPU's adapter already. @default it is asked for */
  readonly adapter?: AdapterAnswer;
  /** Ends those processes. */
  readonly signal?: AbortSignal | undefined;
}

/** ONNX Runtime 1.30: webgpu's MaxPool stops with "The Indices output is not supported yet", CUDA's has its own order. */
const TRAITS = { maxPoolTellsOffsets: false, trainsByGemm: false };
const ENGINE = createRequire(import.meta.url).resolve("onnxruntime-node");

const NEEDS: Readonly<Record<GpuProvider, string>> = {
  cuda: "It needs an NVIDIA driver, CUDA 12 and cuDNN 9 where the dynamic linker finds them.",
  webgpu: "It needs a GPU with a Vulkan, Metal or Direct3D 12 driver.",
};

/** The WebGPU provider refuses the option that would choose an adapter. */
const providerOptions = (provider: GpuProvider, deviceId: number) =>
  provider === "cuda" ? { name: provider, deviceId } : { name: provider };

/** Tries the provider on a model from its input. */
const PROBE = `
const ort = require(process.argv[1]);
const chunks = [];
process.stdin.on("data", (chunk) => chunks.push(chunk)).on("end", () => {
  const options = { executionProviders: [JSON.parse(process.argv[2]), "cpu"] };
  ort.InferenceSession.create(Buffer.concat(chunks), options)
    .then((session) => session.run({ "input/x": new ort.Tensor("float32", [2], [1]) }))
    .then((results) => {
      if (results["output/y"].data[0] !== 3) throw new Error("it computes 2 + 1 = " + results["output/y"].data[0]);
      process.exit(0);
    })
    .catch((error) => { console.error("Error: " + error.message); process.exit(2); });
});`;

function probeModel(): Uint8Array {
  const builder = new GraphBuilder();
  builder.output("y", builder.scale(builder.input("x", ["batch"]), 1, 1));
  return lowerGraph(builder.build(), TRAITS).bytes;
}

function checkCudaProvider(): void {
  const reason = whyNoCudaProvider();
  if (reason === undefined) return;
  throw new CoreError("backend", {
    what: "ONNX Runtime's CUDA provider is not installed.",
    received: reason,
    fix: "graft does not include it. With CUDA 12 and cuDNN 9 on Linux x64, put ONNX Runtime's two GPU libraries (onnxruntime_providers_cuda and _shared, of the same version) into that folder; onnxruntime-node's own install script downloads them.",
  });
}

/** @throws CoreError `backend` with the reason when the provider cannot be used here. */
export async function openGpuDevice(options: GpuOptions): Promise<OnnxDevice> {
  const { provider, deviceId = 0, allowSoftware = false, env = process.env, signal } = options;
  if (provider === "cuda") checkCudaProvider();
  const adapter =
    provider === "webgpu"
      ? nodeAdapter(options.adapter ?? (await probeAdapter(env, signal)), allowSoftware)
      : { name: nvidiaName(deviceId), software: false, maxTensorBytes: 2 ** 31 - 1 };
  const words = [ENGINE, JSON.stringify(providerOptions(provider, deviceId))];
  const answer = await askChild({ script: PROBE, words, env, input: probeModel(), signal });
  if ("reason" in answer) {
    const what = `ONNX Runtime's ${provider} provider cannot be used.`;
    throw new CoreError("backend", { what, received: answer.reason, fix: NEEDS[provider] });
  }
  return {
    id: `onnx:${provider}`,
    kind: provider,
    facts: {
      name: adapter.name,
      software: adapter.software,
      engine: "onnx",
      engineVersion: ort.env.versions.node ?? ort.env.versions.common,
    },
    limits: {
      maxTensorBytes: Math.min(adapter.maxTensorBytes, 2 ** 31 - 1),
      blockBytes: Math.min(adapter.maxTensorBytes, 64 * 2 ** 20),
      preferredBatch: 64,
    },
    traits: TRAITS,
    runtime: ort,
    sessionOptions: {
      executionProviders: [providerOptions(provider, deviceId), "cpu"],
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
    },
  };
}
