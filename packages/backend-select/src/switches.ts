import { CoreError } from "@graft/core";

/** What the environment says about the choice of a backend. */
export interface Switches {
  /** GRAFT_BACKEND: a kind or an id; `--backend` wins over it. */
  readonly backend: string | undefined;
  /** GRAFT_ALLOW_SOFTWARE_GPU: a GPU that a processor imitates may be used when WebGPU is asked for. */
  readonly allowSoftwareGpu: boolean;
}

const YES = ["1", "true", "yes"];
const NO = ["", "0", "false", "no"];

/** @throws CoreError `bad-input` for a switch that is neither on nor off. */
export function readSwitches(env: Readonly<Record<string, string | undefined>>): Switches {
  const { GRAFT_BACKEND: backend = "", GRAFT_ALLOW_SOFTWARE_GPU: software = "" } = env;
  const answer = software.trim().toLowerCase();
  if (!YES.includes(answer) && !NO.includes(answer)) {
    throw new CoreError("bad-input", {
      what: "The environment variable GRAFT_ALLOW_SOFTWARE_GPU is neither on nor off.",
      received: software,
      expected: "1 or 0",
    });
  }
  return {
    backend: backend.trim() === "" ? undefined : backend.trim(),
    allowSoftwareGpu: YES.includes(answer),
  };
}
