import { classesHash } from "../checkpoint/classes-hash.ts";
import { hashConfig } from "../checkpoint/hashes.ts";
import { splitHash } from "../dataset/split.ts";
import type { Dataset } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";
import type { WeightsInfo } from "../trunk/types.ts";
import { changedClasses } from "./changed-classes.ts";
import { changedImages } from "./changed-images.ts";
import type { Difference, RunBeginning } from "./run-beginning.ts";

/** What a run is about to go on with. */
export interface ResumedWith {
  readonly dataset: Pick<Dataset, "labels" | "images">;
  readonly weights: WeightsInfo;
}

/**
 * A run is what it began with: refuses to go on with other classes, an image in another class or part, images that are gone,
 * other weights, another input range, other options or another split, whether or not there is a checkpoint already. An
 * image that was only moved or renamed inside its class, and images that came to a class, change nothing. Of what an older
 * graft did not note nothing is asked.
 *
 * Every host calls it before it touches a run that goes on; a checkpoint's hashes (`checkHashes`) are the second look.
 * @throws CoreError `conflict` that names what changed.
 */
export async function checkResumable(began: RunBeginning, { dataset, weights }: ResumedWith): Promise<void> {
  const difference =
    (await changedRecord(began)) ??
    changedClasses(began, dataset) ??
    changedImages(began, dataset) ??
    (await unnamedClasses(began, dataset)) ??
    changedWeights(began.record.weights, weights);
  if (difference === undefined) return;
  const what = `The run ${began.record.id} cannot resume: ${difference.what}.`;
  throw new CoreError("conflict", { ...difference, what });
}

/** run.json or split.json is no longer what was written. */
async function changedRecord({ record, split }: RunBeginning): Promise<Difference | undefined> {
  const { began, config } = record;
  if (!began) return undefined;
  const fix = "Put the file back as it was, or start a new run.";
  if ((await hashConfig(config)) !== began.config)
    return {
      what: "its options changed",
      received: "options in run.json that differ from those at the start",
      fix,
    };
  if ((await splitHash(split)) !== began.split)
    return {
      what: "its split changed",
      received: "a list in split.json that differs from the one at the start",
      fix,
    };
  return undefined;
}

/** The classes of the images differ and images.json, which would say which, cannot be read. */
async function unnamedClasses(
  { record, split }: RunBeginning,
  dataset: ResumedWith["dataset"],
): Promise<Difference | undefined> {
  const { began } = record;
  if (!began || (await classesHash(dataset, split)) === began.classes) return undefined;
  return {
    what: "its images, or the classes that they are in, changed",
    received:
      "a data set in which an image of the run is missing, or is in a different class or part from the one at the start",
    fix: "Restore the data set as it was (graft cannot tell which image it is: images.json is missing or cannot be read), or start a new run.",
  };
}

function changedWeights(then: WeightsInfo, now: WeightsInfo): Difference | undefined {
  if (now.sha256 !== then.sha256) {
    const isBundled = then.source === "bundled";
    return {
      what: "the trunk's weights changed",
      received: `${now.origin} with sha256 ${now.sha256.slice(0, 12)}`,
      expected: `${then.origin} with sha256 ${then.sha256.slice(0, 12)}, as at the start`,
      fix: isBundled
        ? "Resume with the version of graft that the run was started with, or start a new run."
        : "Put the former weights back in the same place, or start a new run.",
    };
  }
  const text = ([from, to]: readonly [number, number]): string => `[${from}, ${to}]`;
  if (text(now.inputRange) === text(then.inputRange)) return undefined;
  return {
    what: "the input range of the trunk's weights changed",
    received: text(now.inputRange),
    expected: `${text(then.inputRange)}, as at the start`,
    fix: "Give the run its former input range, or start a new run.",
  };
}
