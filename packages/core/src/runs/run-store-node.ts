import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { classesHash } from "../checkpoint/classes-hash.ts";
import { hashConfig } from "../checkpoint/hashes.ts";
import { splitHash } from "../dataset/split.ts";
import { CoreError } from "../errors.ts";
import { writeJson } from "../files/json-file-node.ts";
import { makeFolder } from "../files/make-folder-node.ts";
import { codeOf, diskFull, isDiskFull } from "../files/system-error-node.ts";
import { nearNames } from "./near-names.ts";
import { openRunFolder, RUN_FILES, type RunFolder } from "./run-folder-node.ts";
import { isRunId, newRunId } from "./run-id.ts";
import { lockHolder, lockRun } from "./run-lock-node.ts";
import { parseRunRecord, type RunRecord } from "./run-record.ts";
import { storedImages } from "./start-images.ts";
import type { NewRun, RunStore, RunSummary } from "./types.ts";

/** A line of `graft runs list`. */
export interface RunFolderSummary extends RunSummary {
  readonly folder: string;
}

/** `RunRecord.began` */
async function beganWith({ config, split, images }: NewRun): Promise<RunRecord["began"]> {
  return {
    config: await hashConfig(config),
    split: await splitHash(split),
    ...(images ? { classes: await classesHash(images, split), labels: [...images.labels] } : {}),
  };
}

/** The runs under one home. */
export interface FolderRunStore extends RunStore {
  /** HOME/runs */
  readonly folder: string;
  create(run: NewRun): Promise<RunFolder>;
  open(id: string): Promise<RunFolder>;
  list(): Promise<readonly RunFolderSummary[]>;
}

async function idsIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() && isRunId(entry.name)).map(({ name }) => name);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

async function summarize(folder: string, id: string): Promise<RunFolderSummary> {
  try {
    const run = await openRunFolder(folder, id);
    const pid = await lockHolder(folder);
    const { record } = run;
    const metrics = record.metrics ? { metrics: record.metrics } : {};
    return {
      id,
      folder,
      state: await run.state(),
      record,
      ...metrics,
      ...(pid === undefined ? {} : { pid }),
    };
  } catch (error) {
    return { id, folder, state: "broken", problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Makes a folder under an id that no other run has. */
async function claimFolder(
  folder: string,
  { id: given, datasetName }: Pick<NewRun, "id" | "datasetName">,
): Promise<string> {
  await makeFolder(folder);
  for (;;) {
    const id = given ?? newRunId(datasetName, Date.now());
    try {
      await mkdir(join(folder, id));
      return id;
    } catch (error) {
      if (codeOf(error) !== "EEXIST" || given !== undefined) throw error;
    }
  }
}

/** The error of a run that was never made: there is nothing to go on from. */
function creatingError(error: unknown, folder: string): unknown {
  const isFull = isDiskFull(error) || (error instanceof CoreError && error.code === "disk-full");
  if (!isFull) return error;
  const what = "There is no room on the disk for a new run.";
  const fix = "Free some space (`graft cache prune`, `graft runs delete`), then start again.";
  return diskFull({ what, received: folder, fix }, error);
}

function notFound(id: string, ids: readonly string[]): CoreError {
  const near = nearNames(id, ids);
  const [newest] = ids.toSorted().reverse();
  const known =
    near.length > 0 ? `perhaps ${near.join(" or ")}` : newest && `an id such as ${newest}, the newest`;
  return new CoreError(
    "not-found",
    {
      what: "There is no such run.",
      received: id,
      ...(known ? { expected: known } : {}),
      fix: "`graft runs list` shows all.",
    },
    { facts: { id, near } },
  );
}

/** @param home HOME; runs are in its folder `runs`, which is made with the first run. */
export function openRunStore(home: string): FolderRunStore {
  const folder = join(home, "runs");
  const find = async (id: string): Promise<string> => {
    const ids = await idsIn(folder);
    if (ids.includes(id)) return join(folder, id);
    throw notFound(id, ids);
  };
  return {
    folder,
    async create(run) {
      const { config, datasetName, dataset, split, images, weights, command, out, force } = run;
      const id = await claimFolder(folder, run).catch((error: unknown) => {
        throw creatingError(error, folder);
      });
      const path = join(folder, id);
      const created = new Date().toISOString();
      const { source, origin, sha256, inputRange } = weights;
      const record = {
        ...{ version: 1, id, created, updated: created, status: "created", config, datasetName },
        weights: { source, origin, sha256, inputRange },
        ...{ dataset, command, out, force, began: await beganWith(run) },
      };
      try {
        await writeJson(join(path, RUN_FILES.split), split);
        if (images) await writeJson(join(path, RUN_FILES.images), storedImages(images));
        await writeJson(
          join(path, RUN_FILES.record),
          parseRunRecord(JSON.parse(JSON.stringify(record)), RUN_FILES.record),
        );
        return await openRunFolder(path, id);
      } catch (error) {
        await rm(path, { recursive: true, force: true });
        throw creatingError(error, path);
      }
    },
    async open(id) {
      return openRunFolder(await find(id), id);
    },
    async list() {
      const ids = await idsIn(folder);
      return Promise.all(
        ids
          .sort()
          .reverse()
          .map((id) => summarize(join(folder, id), id)),
      );
    },
    async remove(id) {
      const path = await find(id);
      // nobody may begin to work on it meanwhile; the lock goes with the folder
      await using _ = await lockRun(path, id);
      await rm(path, { recursive: true, force: true });
    },
  };
}
