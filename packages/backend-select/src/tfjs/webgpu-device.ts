import * as tf from "@tensorflow/tfjs-core";
import type { AdapterFacts } from "../adapter-facts.ts";
import type { TfjsDevice } from "./device.ts";
import { startWebgpu, type WebgpuEngine } from "./webgpu-engine.ts";

/** An adapter that may be used. */
export interface ChosenAdapter {
  readonly adapter: GPUAdapter;
  readonly facts: AdapterFacts;
  /** Calls the given function while the platform's WebGPU is where tfjs looks for it. */
  readonly construct: <T>(make: () => T) => T;
}

interface Shared {
  readonly engine: Promise<WebgpuEngine>;
  users: number;
}

/** The engine exists once a process or page; its users share it, the last one takes it down. */
let shared: Shared | undefined;

/** Joins the one WebGPU engine; a lost one is replaced, and its former users keep their refusal. */
async function join(chosen: ChosenAdapter): Promise<{ engine: WebgpuEngine; leave: () => Promise<void> }> {
  shared ??= { engine: startWebgpu(chosen.adapter, chosen.construct), users: 0 };
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
  return join(chosen);
}

/** A matrix above this goes in pieces: an update holds several copies of a piece at once. */
const BLOCK_BYTES = 64 * 2 ** 20;

/** tfjs on a GPU. @throws CoreError `backend` with the reason when the adapter gives no device. */
export async function openWebgpuOn(chosen: ChosenAdapter): Promise<TfjsDevice> {
  const { engine, leave } = await join(chosen);
  const { name, software, maxTensorBytes } = chosen.facts;
  return {
    engineName: "webgpu",
    id: "tfjs:webgpu",
    kind: "webgpu",
    facts: { name, engine: "tfjs", engineVersion: tf.version_core, software },
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
