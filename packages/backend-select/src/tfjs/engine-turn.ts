import { CoreError } from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";

// tfjs-core has one active engine for the whole process, across copies of the package (it lives on globalThis).
let queue: Promise<unknown> = Promise.resolve();

/** Runs `work` when everything given before has ended; for what changes tfjs-core's registry of engines. */
export function alone<T>(work: () => Promise<T>): Promise<T> {
  const turn = queue.then(work);
  queue = turn.catch(() => undefined);
  return turn;
}

/**
 * Runs `work` with the engine active. `work` is synchronous, so nothing else of this process can change the active
 * engine under it; what it started may be awaited afterwards (a tensor's data comes from the engine that holds it).
 * @throws CoreError `backend` when tfjs-core cannot activate the engine.
 */
export function withEngine<T>(engineName: string, work: () => T): Promise<T> {
  return alone(async () => {
    if (tf.getBackend() !== engineName && !(await tf.setBackend(engineName))) {
      throw new CoreError("backend", { what: `tfjs cannot activate its engine ${engineName}.` });
    }
    return work();
  });
}

/**
 * Starts an engine that tfjs-core knows; nothing happens when it runs already. The plain engines are never taken down:
 * a wasm module's memory would not shrink, and other code of the process may use them too.
 * @throws CoreError `backend` with the engine's own words when it does not start.
 */
export function startEngine(engineName: string): Promise<void> {
  return alone(async () => {
    if (tf.getBackend() === engineName || (await tf.setBackend(engineName))) return;
    throw new CoreError("backend", { what: `tfjs's engine ${engineName} did not start.` });
  });
}
