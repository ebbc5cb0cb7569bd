import { classesHash } from "../checkpoint/classes-hash.ts";
import { hashConfig } from "../checkpoint/hashes.ts";
import { splitHash } from "../dataset/split.ts";
import { CoreError } from "../errors.ts";
import type { Folder } from "../files/folder.ts";
import { writeJson } from "../files/json-file.ts";
import type { Crc32 } from "../numbers/crc32.ts";
import { parseRunRecord, type RunRecord } from "./run-record.ts";
import { storedImages } from "./start-images.ts";
import { openStoredRun, RUN_FILES, type RunInFolder } from "./stored-run.ts";
import type { NewRun } from "./types.ts";

/** `RunRecord.began` */
async function beganWith({ config, split, images }: NewRun): Promise<RunRecord["began"]> {
  return {
    config: await hashConfig(config),
    split: await splitHash(split),
    ...(images ? { classes: await classesHash(images, split), labels: [...images.labels] } : {}),
  };
}

/** The error of a run that was never made: there is nothing to go on from. */
export function creatingError(error: unknown, folder: string): unknown {
  if (!(error instanceof CoreError) || error.code !== "disk-full") return error;
  const what = "There is no room on the disk for a new run.";
  const fix = "Free some space (`graft cache prune`, `graft runs delete`), then start again.";
  return new CoreError("disk-full", { what, received: folder, fix }, { cause: error });
}

/**
 * Writes the files of a new run; its record is the last of them, so that one that was not made whole has none.
 * @param folder its own, empty.
 * @param options.crc32 the host's own, for checkpoints.
 * @throws CoreError `disk-full`; the folder is cleared then.
 */
export async function createStoredRun(
  folder: Folder,
  run: NewRun & Required<Pick<NewRun, "id">>,
  options: { readonly crc32?: Crc32 } = {},
): Promise<RunInFolder> {
  const { id, config, datasetName, dataset, split, images, weights, command, out, force } = run;
  const created = new Date().toISOString();
  const { source, origin, sha256, inputRange } = weights;
  const record = {
    ...{ version: 1, id, created, updated: created, status: "created", config, datasetName },
    weights: { source, origin, sha256, inputRange },
    ...{ dataset, command, out, force, began: await beganWith(run) },
  };
  try {
    await writeJson(folder, RUN_FILES.split, split);
    if (images) await writeJson(folder, RUN_FILES.images, storedImages(images));
    await writeJson(
      folder,
      RUN_FILES.record,
      parseRunRecord(JSON.parse(JSON.stringify(record)), RUN_FILES.record),
    );
    return await openStoredRun(folder, id, options);
  } catch (error) {
    await folder.clear();
    throw creatingError(error, folder.name);
  }
}
