import type { Backend } from "@graft/core";
import { digestsAgree } from "./digest.ts";
import { EXPECTED } from "./generated/expected.ts";
import { type Measured, measureOps, measureStep } from "./measure.ts";

/** Changes when the check asks for something else than before; a pass that was remembered then counts no more. */
export const SELF_CHECK_VERSION = EXPECTED.version;

/** The first that is not as expected. */
function firstWrong(actual: readonly Measured[], expected: readonly Measured[]): Measured | undefined {
  if (actual.length !== expected.length)
    throw new TypeError("generated/expected.ts is older than problem.ts: run scripts/make-self-check.ts");
  return actual.find(({ digest }, i) => {
    const wanted = expected[i];
    return !wanted || !digestsAgree(digest, wanted.digest);
  });
}

/**
 * Finds out whether a device computes right: a tiny graph with all of graft's ops, forward, backward and an update by
 * each optimiser, against stored float64 results. Wrong numbers without any error exist (tfjs issues 8590, 7733, 6284).
 *
 * @returns undefined when all is well, else a sentence that names the first op that is wrong; an engine that stops with
 *   an error is such a sentence too.
 */
export async function selfCheck(backend: Backend): Promise<string | undefined> {
  const { seed, ops, step } = EXPECTED;
  try {
    const op = firstWrong(await measureOps(backend, seed), ops);
    if (op) return `Its self-check failed: the op ${op.name} gives wrong numbers on ${backend.device.name}.`;
    const value = firstWrong(await measureStep(backend, seed), step);
    if (value)
      return `Its self-check failed: every op is right by itself, but a train step gives a wrong ${value.name} on ${backend.device.name}.`;
    return undefined;
  } catch (error) {
    if (error instanceof TypeError) throw error; // a defect of ours, not of the device
    return `Its self-check stopped: ${error instanceof Error ? error.message : String(error)}`;
  }
}
