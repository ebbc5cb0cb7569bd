import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { CoreError } from "@graft/core";
import type { EngineName } from "./engine-folder-node.ts";
import { runCommand } from "./run-command-node.ts";

/** What a trial of an engine in a process of its own gave. */
export interface EngineProbe {
  readonly tensorflowVersion: string;
  readonly usesGpu: boolean;
  /** What TensorFlow wrote about GPUs, its last line on them; undefined when it wrote none. */
  readonly gpuNote: string | undefined;
}

export interface ProbeOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** Loading takes one second; a GPU's first use of a new library version may compile for minutes. */
const TRIAL_MS = 300_000;
const MARK = "graft-probe ";

/** The words that start probe-child-node: built, or from source (tests, development), which needs tsx. */
function childWords(): readonly string[] {
  const built = fileURLToPath(new URL("./probe-child-node.js", import.meta.url));
  if (existsSync(built)) return [built];
  const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const source = fileURLToPath(new URL("./probe-child-node.ts", import.meta.url));
  return ["--conditions=graft-source", "--import", loader, source];
}

/** The line that the child writes for {@link probeEngine}. */
export const probeLine = (addon: { tensorflowVersion: string; usesGpu: boolean }): string =>
  `${MARK}${addon.usesGpu ? "gpu" : "cpu"} ${addon.tensorflowVersion}`;

/**
 * Loads an engine in another process and lets it compute: what is missing on a machine is written by the native library
 * to the error stream alone, and a library or driver that crashes takes only that process with it.
 * @throws CoreError `backend` with what the process wrote when it fails or computes wrong numbers.
 */
export async function probeEngine(
  folder: string,
  name: EngineName,
  { env, signal }: ProbeOptions,
): Promise<EngineProbe> {
  let gpuNote: string | undefined;
  const limit = AbortSignal.timeout(TRIAL_MS);
  const output = await runCommand(process.execPath, [...childWords(), folder, name], {
    cwd: folder,
    env: { ...env, TF_CPP_MIN_LOG_LEVEL: "0" },
    // e.g. "I0000 00:00:… cuda.cc:31] Could not find cuda drivers on your machine, GPU will not be used."
    onLine: (line) => {
      if (/cuda|gpu|cudnn|dlopen/i.test(line)) gpuNote = line.replace(/^.*?\.cc:\d+\]\s*/, "");
    },
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
    what: `The engine ${name} does not work.`,
    fix: `Run: \`graft engines install ${name}\`. SIGILL means that the processor lacks what TensorFlow was built for.`,
  }).catch((cause: unknown) => {
    if (!limit.aborted || signal?.aborted) throw cause;
    const what = `The trial of the engine ${name} did not end within ${TRIAL_MS / 1000} seconds.`;
    throw new CoreError("backend", { what, fix: "Check the GPU's driver: nvidia-smi." }, { cause });
  });
  const answer = output
    .find((line) => line.startsWith(MARK))
    ?.slice(MARK.length)
    .split(" ");
  if (!answer) {
    const what = `The trial of the engine ${name} gave no answer.`;
    throw new CoreError("backend", { what, received: output.join(" ") });
  }
  const [device, tensorflowVersion = ""] = answer;
  return { tensorflowVersion, usesGpu: device === "gpu", gpuNote };
}
