import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { CoreError, isOffline, throwIfCancelled } from "@graft/core";
import { assembleEngine, compileAddon, fetchAddonSource, placeTensorflow } from "./build-addon-node.ts";
import {
  type EngineName,
  engineFolder,
  enginePaths,
  stampText,
  whyNotInstalled,
} from "./engine-folder-node.ts";
import { fetchTensorflow, type StepContext } from "./fetch-wheel-node.ts";
import { checkPreconditions } from "./preconditions-node.ts";
import { type EngineProbe, probeEngine } from "./probe-node.ts";
import { openWorkFolder } from "./work-folder-node.ts";

export interface InstallOptions {
  /** The engine goes to HOME/engines/NAME. */
  readonly home: string;
  /** What the commands get; PATH, proxies and mirrors are taken from it. */
  readonly env: NodeJS.ProcessEnv;
  /** Hears what is done and every line that the commands write. */
  readonly onLine: (text: string) => void;
  readonly signal?: AbortSignal;
}

function report(name: EngineName, { tensorflowVersion, usesGpu, gpuNote }: EngineProbe): string {
  const found = `TensorFlow ${tensorflowVersion} computes on ${usesGpu ? "the GPU" : "the processor"}`;
  if (name === "tensorflow" || usesGpu) return found;
  return `${found}: it sees no GPU here (${gpuNote ?? "no reason given"}), so ${name} will be refused on this machine`;
}

/** True when the engine is there, whole, of this version, and computes. */
async function isInstalled(folder: string, name: EngineName, options: InstallOptions): Promise<boolean> {
  const { onLine } = options;
  const reason = whyNotInstalled(folder, name);
  if (reason !== undefined) {
    if (existsSync(folder)) onLine(`replacing an installation that cannot be used: ${reason}`);
    return false;
  }
  try {
    onLine(`${name} is installed: ${report(name, await probeEngine(folder, name, options))}`);
    return true;
  } catch (error) {
    throwIfCancelled(options.signal);
    onLine(`replacing an installation that fails: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function build(work: string, name: EngineName, context: StepContext): Promise<string> {
  const { onLine } = context;
  const folder = join(work, "build");
  const engine = join(work, "engine");
  await mkdir(folder);
  onLine("1/5 the addon's source, from npm");
  await fetchAddonSource(folder, name, context);
  onLine("2/5 TensorFlow's libraries, from PyPI");
  await placeTensorflow(folder, name, await fetchTensorflow(work, name, context));
  onLine("3/5 compiling the addon");
  await compileAddon(folder, name, context);
  await assembleEngine(folder, engine, name);
  onLine("4/5 trying it");
  onLine(report(name, await probeEngine(engine, name, context)));
  await writeFile(enginePaths(engine, name).stamp, stampText(name));
  return engine;
}

function offline(name: EngineName): CoreError {
  return new CoreError("offline", {
    what: `The engine ${name} is not installed: its parts come from npm and PyPI, and GRAFT_OFFLINE forbids the network.`,
    received: "GRAFT_OFFLINE is set",
    fix: "Unset GRAFT_OFFLINE and run this again. The other engines need no installation: `graft engines list`.",
  });
}

/**
 * Builds the TensorFlow engine against the current TensorFlow wheel into HOME/engines/NAME (ENGINES.md 1): some 0.9 GB,
 * with CUDA more than 5. Does nothing when it is there and works. An interrupted installation leaves nothing that could
 * be taken for an engine; the next one clears away what it was building.
 * @throws CoreError `unsupported` or `disk-full` naming all that is missing, before anything is downloaded;
 * `offline`, `disk-full` or `backend` with a failed step's last lines; `offline` before anything is started where
 * GRAFT_OFFLINE is set; `conflict` beside another installation; `cancelled`.
 */
export async function installEngine(name: EngineName, options: InstallOptions): Promise<void> {
  const home = resolve(options.home);
  const { env, onLine, signal } = options;
  const target = engineFolder(home, name);
  throwIfCancelled(signal);
  if (await isInstalled(target, name, options)) return;
  if (isOffline(env)) throw offline(name);
  await checkPreconditions(name, { home, env });
  const work = await openWorkFolder(dirname(target), name);
  try {
    const engine = await build(work, name, { env, onLine, signal });
    throwIfCancelled(signal);
    if (existsSync(target)) await rename(target, join(work, "old"));
    await rename(engine, target);
    onLine(`5/5 installed in ${target}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
