import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { CoreError, type DeviceFacts } from "@graft/core";
import { usableThreads } from "../onnx/threads-node.ts";
import type { TfjsDevice } from "../tfjs/device.ts";
import { threadsText } from "../threads-text.ts";
import { type Addon, loadAddon, TENSORFLOW_ENGINE } from "./addon-node.ts";
import { ADDON_VERSION, type EngineName, engineFolder, whyNotInstalled } from "./engine-folder-node.ts";
import { probeEngine } from "./probe-node.ts";

export interface TensorflowOptions {
  readonly variant: EngineName;
  /** The engine is looked for in HOME/engines/VARIANT. */
  readonly home: string;
}

/**
 * Read by libtensorflow when it is loaded; what the user has set stays.
 * @returns the threads that TensorFlow will compute with.
 */
function setEnvironment(): number {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "3";
  // else TensorFlow takes all of a GPU's memory at once
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= "true";
  const given = Number(process.env.TF_NUM_INTRAOP_THREADS);
  const threads = Number.isInteger(given) && given > 0 ? given : usableThreads();
  process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  return threads;
}

/** The first GPU's name as its driver tells it. */
function gpuName(): string {
  try {
    const folder = "/proc/driver/nvidia/gpus";
    const [first = ""] = readdirSync(folder);
    const model = /^Model:\s*(.+)$/m.exec(readFileSync(`${folder}/${first}/information`, "utf8"))?.[1];
    return model ?? "NVIDIA GPU";
  } catch {
    return "NVIDIA GPU"; // Windows' Linux has no such folder
  }
}

/** What the two variants share. */
function deviceOf(variant: EngineName, { tensorflowVersion }: Addon, facts: Pick<DeviceFacts, "name">) {
  return {
    engineName: TENSORFLOW_ENGINE,
    id: `tfjs:${variant}`,
    facts: {
      ...facts,
      engine: "tfjs",
      engineVersion: `${ADDON_VERSION}, TensorFlow ${tensorflowVersion}`,
    },
    // an op ends before the next line of JavaScript runs
    failure: () => undefined,
    // the library stays in the process; programs and states gave their tensors back
    release: async () => undefined,
  };
}

/**
 * Looks for the GPU in another process first: once the library is loaded here without one, this process could not use
 * the processor's variant any more.
 */
async function refuseWithoutGpu(folder: string): Promise<void> {
  const { usesGpu, gpuNote } = await probeEngine(folder, "tensorflow-cuda", { env: process.env });
  if (usesGpu) return;
  throw new CoreError("backend", {
    what: "TensorFlow sees no GPU.",
    ...(gpuNote === undefined ? {} : { received: gpuNote.replace(/\.$/, "") }),
    expected: "an NVIDIA GPU with a driver for CUDA 12.5 or newer",
  });
}

/** @throws CoreError `backend` with the reason when the engine is not installed, does not load or sees no GPU. */
export async function openTensorflowDevice({ variant, home }: TensorflowOptions): Promise<TfjsDevice> {
  const folder = engineFolder(resolve(home), variant);
  const reason = whyNotInstalled(folder, variant);
  if (reason !== undefined) {
    throw new CoreError("backend", {
      what: `The engine ${variant} is not installed.`,
      received: reason,
      fix: `Run: \`graft engines install ${variant}\``,
    });
  }
  const threads = setEnvironment();
  if (variant === "tensorflow") {
    const addon = await loadAddon(folder, variant);
    const model = cpus()[0]?.model.trim() || process.arch;
    const name = `${model}, ${threadsText(threads)}`;
    const device = deviceOf(variant, addon, { name });
    return {
      ...device,
      kind: "cpu",
      facts: { ...device.facts, threads },
      limits: { maxTensorBytes: 2 ** 31, blockBytes: 4 * 2 ** 20, preferredBatch: 32 },
      traits: {
        sharesHostArrays: true,
        transposesFirst: false,
        // its own gradients are faster: 13 ms against 39 (3×3 by 2, 288 → 384), 10 ms against 38 (max pool)
        convolvesBackward: false,
        slicesMaxPoolGradient: false,
      },
    };
  }
  await refuseWithoutGpu(folder);
  // float32 is what a run records, and TensorFloat-32 keeps 10 of its 23 bits; set late, since it holds for all of CUDA
  process.env.NVIDIA_TF32_OVERRIDE ??= "0";
  const addon = await loadAddon(folder, variant);
  if (!addon.usesGpu) throw new CoreError("backend", { what: "TensorFlow no longer sees the GPU." });
  return {
    ...deviceOf(variant, addon, { name: gpuName() }),
    kind: "cuda",
    limits: { maxTensorBytes: 2 ** 31, blockBytes: 64 * 2 ** 20, preferredBatch: 64 },
    traits: {
      sharesHostArrays: true,
      transposesFirst: false,
      convolvesBackward: false,
      slicesMaxPoolGradient: true,
    },
  };
}
