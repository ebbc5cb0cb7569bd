import { CoreError } from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";
import { alone } from "./engine-turn.ts";

/** An engine's kernels keep their links to it in module variables, so each engine exists once a process. */
const users = new Map<string, number>();

/**
 * Sets an engine up, or joins those who use it already.
 * @param register makes the engine's factory known to tfjs-core; called when it is not.
 * @throws CoreError `backend` with the engine's own words when it does not start.
 */
export function joinEngine(engineName: string, register: () => Promise<unknown>): Promise<void> {
  return alone(async () => {
    if ((users.get(engineName) ?? 0) === 0) {
      if (!tf.findBackendFactory(engineName)) await register();
      if (!(await tf.setBackend(engineName))) {
        tf.removeBackend(engineName);
        throw new CoreError("backend", { what: `tfjs's engine ${engineName} did not start.` });
      }
    }
    users.set(engineName, (users.get(engineName) ?? 0) + 1);
  });
}

/**
 * Leaves an engine; the last one takes it down. Its factory stays known, so that it can be set up again.
 * @param ended called once the engine is gone.
 */
export function leaveEngine(engineName: string, ended?: () => void): Promise<void> {
  return alone(async () => {
    const left = (users.get(engineName) ?? 1) - 1;
    users.set(engineName, left);
    if (left > 0) return;
    const factory = tf.findBackendFactory(engineName);
    tf.removeBackend(engineName);
    if (factory) tf.registerBackend(engineName, factory, 0);
    ended?.();
  });
}
