import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { CoreError, GraphBuilder } from "@graft/core";
import ort from "onnxruntime-node";
import type { OnnxDevice } from "./backend.ts";
import { lowerGraph } from "./lower.ts";

export interface GpuOptions {
  readonly provider: "cuda" | "webgpu";
  readonly deviceId: number;
}

/** ONNX Runtime 1.30: webgpu's MaxPool stops with "The Indices output is not supported yet", CUDA's has its own order. */
const TRAITS = { maxPoolTellsOffsets: false };
const PROBE_TIMEOUT_MS = 30_000;
const ENGINE = createRequire(import.meta.url).resolve("onnxruntime-node");
const LIBRARIES = resolve(dirname(ENGINE), "../bin/napi-v6", process.platform, process.arch);
const CUDA_LIBRARY = resolve(
  LIBRARIES,
  process.platform === "win32" ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so",
);

/** The WebGPU provider takes the adapter that the platform puts first, and refuses the option that would choose. */
const providerOptions = ({ provider, deviceId }: GpuOptions) =>
  provider === "cuda" ? { name: provider, deviceId } : { name: provider };

/** Tries the provider on a model from stdin. */
const PROBE = `
const ort = require(process.argv[1]);
const chunks = [];
process.stdin.on("data", (chunk) => chunks.push(chunk)).on("end", () => {
  const options = { executionProviders: [JSON.parse(process.argv[2]), "cpu"] };
  ort.InferenceSession.create(Buffer.concat(chunks), options)
    .then((session) => session.run({ "input/x": new ort.Tensor("float32", [2], [1]) }))
    .then((results) => process.exit(results["output/y"].data[0] === 3 ? 0 : 3))
    .catch((error) => { console.error(error.message); process.exit(2); });
});`;

function probeModel(): Uint8Array {
  const builder = new GraphBuilder();
  builder.output("y", builder.scale(builder.input("x", ["batch"]), 1, 1));
  return lowerGraph(builder.build(), TRAITS).bytes;
}

/** The cause in what the native library wrote: the innermost "Failed to load library …", or the last error line. */
function causeOf(text: string): string {
  const lines = stripVTControlCharacters(text)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.includes("[W:"));
  const native = lines.find((line) => line.includes("[E:") || line.startsWith("Error"));
  const line = native ?? lines.at(-1) ?? "no message";
  // before the words come the library's source file and the condition that did not hold
  return line.replace(/^.*?\[E:[^\]]*\]\s*/, "").replace(/^.* was false\. /, "");
}

/**
 * Opens the provider in another process first: what is missing is written by the native library to the process's error
 * stream and to no exception, and a driver that crashes takes only that process with it.
 * @returns why the provider can not be used, or undefined when it works.
 */
function probe(options: GpuOptions): Promise<string | undefined> {
  return new Promise((settle) => {
    const child = execFile(
      process.execPath,
      ["-e", PROBE, ENGINE, JSON.stringify(providerOptions(options))],
      { timeout: PROBE_TIMEOUT_MS },
      (error, _, stderr) => settle(error ? causeOf(stderr) : undefined),
    );
    child.stdin?.on("error", () => undefined); // it ended before it read the model: its exit says why
    child.stdin?.end(probeModel());
  });
}

/** @throws CoreError `backend` with the reason when the provider can not be used here. */
export async function openGpuDevice(options: GpuOptions): Promise<OnnxDevice> {
  const { provider, deviceId } = options;
  if (provider === "cuda" && !existsSync(CUDA_LIBRARY)) {
    throw new CoreError("backend", {
      what: "ONNX Runtime's CUDA provider is not installed.",
      received: `no ${CUDA_LIBRARY}`,
      fix: "It is no part of the npm package; onnxruntime-node's own install script brings it (Linux x64, CUDA 12, cuDNN 9).",
    });
  }
  const reason = await probe(options);
  if (reason !== undefined) {
    throw new CoreError("backend", {
      what: `ONNX Runtime's ${provider} provider can not be used.`,
      received: reason,
      fix:
        provider === "cuda"
          ? "It needs an NVIDIA driver, CUDA 12 and cuDNN 9 where the dynamic linker finds them."
          : "It needs a GPU with a Vulkan, Metal or Direct3D 12 driver.",
    });
  }
  return {
    id: `onnx:${provider}`,
    kind: provider,
    facts: {
      name: provider === "cuda" ? `CUDA device ${deviceId}` : "WebGPU adapter",
      engine: "onnx",
      engineVersion: ort.env.versions.node ?? ort.env.versions.common,
    },
    limits: { maxTensorBytes: 2 ** 31 - 1, blockBytes: 64 * 2 ** 20, preferredBatch: 64 },
    capabilities: { runsOffThread: false },
    traits: TRAITS,
    runtime: ort,
    sessionOptions: {
      executionProviders: [providerOptions(options), "cpu"],
      graphOptimizationLevel: "all",
      logSeverityLevel: 3,
    },
  };
}
