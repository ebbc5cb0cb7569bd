import * as tf from "@tensorflow/tfjs-core";
import { nodeAdapter } from "../adapter-probe-node.ts";
import type { TfjsDevice } from "./device.ts";
import { type OpenedGpu, openGpu } from "./webgpu-adapter-node.ts";
import { startWebgpu, type WebgpuEngine } from "./webgpu-engine.ts";

export interface WebgpuOptions {
  /**
   * Take an adapter that only imitates a GPU too. It is for tests: a processor does the work, far slower than wasm.
   * @default false
   */
  readonly allowSoftware?: boolean;
}

interface Shared {
  readonly engine: Promise<WebgpuEngine>;
  users: number;
}

/** The engine exists once a process; its users share it, the last one takes it down. */
let shared: Shared | undefined;

/** Puts Dawn where tfjs looks for a browser's WebGPU, only for as long as the engine's constructor asks for it. */
function withNavigator<T>(gpu: GPU, make: () => T): T {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true, writable: true });
  try {
    return make();
  } finally {
    if (before) Object.defineProperty(globalThis, "navigator", before);
    else Reflect.deleteProperty(globalThis, "navigator");
  }
}

function start(gpu: OpenedGpu): Promise<WebgpuEngine> {
  // tfjs's kernels name GPUBufferUsage, GPUMapMode, … as globals
  for (const [name, value] of Object.entries(gpu.globals))
    if (!(name in globalThis))
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  return startWebgpu(gpu.adapter, (make) => withNavigator(gpu.gpu, make));
}

/** Joins the process's WebGPU engine; a lost one is replaced, and its former users keep their refusal. */
async function join(gpu: OpenedGpu): Promise<{ engine: WebgpuEngine; leave: () => Promise<void> }> {
  shared ??= { engine: start(gpu), users: 0 };
  const mine = shared;
  mine.users++;
  const forget = (): void => {
    if (shared === mine) shared = undefined;
  };
  const engine = await mine.engine.catch((error: unknown) => {
    forget();
    throw error;
  });
  const leave = async (): Promise<void> => {
    mine.users--;
    if (mine.users > 0) return;
    forget();
    await engine.destroy();
  };
  if (engine.failure() === undefined) return { engine, leave };
  forget();
  await leave();
  return join(gpu);
}

/** A matrix above this goes in pieces: an update holds several copies of a piece at once. */
const BLOCK_BYTES = 64 * 2 ** 20;

/**
 * tfjs on a GPU in Node, over Dawn.
 * @throws CoreError `backend` with the reason when there is no adapter, or only a software one that was not asked for.
 */
export async function openWebgpuDevice(options: WebgpuOptions = {}): Promise<TfjsDevice> {
  const { allowSoftware = false } = options;
  const gpu = await openGpu();
  const facts = nodeAdapter({ facts: gpu.facts }, allowSoftware);
  const { engine, leave } = await join(gpu);
  const { maxTensorBytes } = facts;
  return {
    engineName: "webgpu",
    id: "tfjs:webgpu",
    kind: "webgpu",
    facts: { name: facts.name, engine: "tfjs", engineVersion: tf.version_core, software: facts.software },
    limits: { maxTensorBytes, blockBytes: Math.min(BLOCK_BYTES, maxTensorBytes), preferredBatch: 32 },
    traits: {
      sharesHostArrays: true,
      transposesFirst: false,
      convolvesBackward: false,
      slicesMaxPoolGradient: true,
    },
    failure: engine.failure,
    release: leave,
  };
}
