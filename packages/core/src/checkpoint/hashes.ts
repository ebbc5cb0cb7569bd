import type { Backend } from "../backend.ts";
import { hashJson } from "../canonical-json.ts";
import { CoreError } from "../errors.ts";
import type { Checkpoint, RunHashes } from "./types.ts";

const NAMES: Readonly<Record<keyof RunHashes, string>> = {
  config: "the options",
  split: "the split of the data set",
  weights: "the trunk's weights",
  features: "how features are made (image rule, cut, augmentation)",
};

/**
 * Refuses a checkpoint of another run.
 * @throws CoreError `conflict` that lists each difference.
 */
export function checkHashes(saved: RunHashes, now: RunHashes): void {
  const keys = ["config", "split", "weights", "features"] as const;
  const different = keys.filter((key) => saved[key] !== now[key]);
  if (different.length === 0) return;
  throw new CoreError(
    "conflict",
    {
      what: `The run can not go on from its checkpoint: ${different.map((key) => NAMES[key]).join(", ")} changed.`,
      received: different.map((key) => `${key} ${now[key].slice(0, 12)}`).join(", "),
      expected: different.map((key) => `${key} ${saved[key].slice(0, 12)}`).join(", "),
      fix: "Give the run what it was started with, or start a new run.",
    },
    { facts: { different } },
  );
}

/** Where a checkpoint's numbers were computed, as the checkpoint names it. */
export function checkpointBackend({ id, device }: Backend): Checkpoint["backend"] {
  const { engineVersion, threads } = device;
  return { id, engineVersion, ...(threads === undefined ? {} : { threads }) };
}

/** Why going on with this backend will not give the same bits; undefined when it will. */
export function backendDifference(
  saved: Checkpoint["backend"],
  now: Checkpoint["backend"],
): string | undefined {
  const text = ({ id, engineVersion, threads }: Checkpoint["backend"]): string =>
    `${id} ${engineVersion}${threads === undefined ? "" : ` on ${threads} ${threads === 1 ? "thread" : "threads"}`}`;
  if (text(saved) === text(now)) return undefined;
  return `The run was started with ${text(saved)} and goes on with ${text(now)}: its losses will not be bit for bit those of a run that never stopped.`;
}

/** `RunHashes.config`: the backend is left out, since a run may go on with another. */
export function hashConfig(config: object): Promise<string> {
  return hashJson({ ...config, backend: undefined });
}
