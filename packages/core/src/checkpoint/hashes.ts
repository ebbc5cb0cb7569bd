import type * as z from "zod";
import type { Backend } from "../backend/backend.ts";
import { hashJson } from "../canonical-json.ts";
import { type TrainConfig, trainConfigSchema } from "../config/config.ts";
import { CoreError } from "../errors.ts";
import type { Checkpoint, RunHashes } from "./types.ts";

const NAMES: Readonly<Record<keyof RunHashes, string>> = {
  config: "the options",
  split: "the split of the data set",
  classes: "the classes of the images",
  weights: "the trunk's weights",
  features: "how features are made (image rule, cut, augmentation)",
};

/**
 * Refuses a checkpoint of another run.
 * @throws CoreError `conflict` that lists each difference.
 */
export function checkHashes(
  { hashes: saved, options }: Pick<Checkpoint, "hashes" | "options">,
  now: RunHashes,
  config: TrainConfig,
): void {
  const keys = ["config", "split", "classes", "weights", "features"] as const;
  const different = keys.filter((key) => saved[key] !== undefined && saved[key] !== now[key]);
  if (different.length === 0) return;
  const changed = differentOptions(options, optionsOf(config));
  const short = (key: keyof RunHashes, hash: string | undefined): string =>
    `${key} ${hash?.slice(0, 12) ?? "unknown"}`;
  throw new CoreError(
    "conflict",
    {
      what: `The run cannot resume from its checkpoint: ${different.map((key) => NAMES[key]).join(", ")} changed.`,
      received: [...changed, ...different.map((key) => short(key, now[key]))].join(", "),
      expected: different.map((key) => short(key, saved[key])).join(", "),
      fix: "Resume the run with what it was started with, or start a new run.",
    },
    { facts: { different, options: changed } },
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
  return `The run was started with ${text(saved)} and resumes with ${text(now)}: its losses will not match those of a run that never stopped bit for bit.`;
}

function defaultOf(key: string): unknown {
  const shape: Readonly<Record<string, z.ZodType>> = trainConfigSchema.shape;
  return shape[key]?.safeParse(undefined).data;
}

/**
 * The options that a resumed run must have again: those that are not the default, so that a newer graft's new options change
 * nothing. The backend is left out, since a run may go on with another.
 */
export function optionsOf(config: TrainConfig): Readonly<Record<string, unknown>> {
  const isDefault = (key: string, value: unknown): boolean =>
    JSON.stringify(defaultOf(key)) === JSON.stringify(value);
  return Object.fromEntries(
    Object.entries(config).filter(([key, value]) => key !== "backend" && !isDefault(key, value)),
  );
}

/** `RunHashes.config` */
export function hashConfig(config: TrainConfig): Promise<string> {
  return hashJson(optionsOf(config));
}

/** "learningRate 0.01 (it was 0.001)", for each option that differs. */
function differentOptions(saved: Checkpoint["options"], now: Checkpoint["options"]): string[] {
  const text = (key: string, value: unknown): string => JSON.stringify(value ?? defaultOf(key) ?? null);
  return [...new Set([...Object.keys(saved), ...Object.keys(now)])]
    .filter((key) => JSON.stringify(saved[key]) !== JSON.stringify(now[key]))
    .map((key) => `${key} ${text(key, now[key])} (it was ${text(key, saved[key])})`);
}
