import { join } from "node:path";
import { openCheckpointStore } from "../checkpoint/store-node.ts";
import { parseSplit } from "../dataset/split.ts";
import { type EventLog, openEventLog } from "../events/event-log-node.ts";
import { readJson, writeJson } from "../files/json-file-node.ts";
import { startLabels } from "./run-beginning.ts";
import { lockHolder, lockRun, type RunLock } from "./run-lock-node.ts";
import { parseRunRecord, type RunRecord } from "./run-record.ts";
import { parseStoredImages } from "./start-images.ts";
import type { RunState, StoredRun } from "./types.ts";

/** The files of a run. */
export const RUN_FILES = {
  record: "run.json",
  split: "split.json",
  images: "images.json",
  events: "events.jsonl",
  checkpoints: "checkpoints",
  model: "model",
} as const;

/** One run on disk. */
export interface RunFolder extends StoredRun {
  readonly folder: string;
  /** Where the run's model goes unless the user says otherwise. */
  readonly modelFolder: string;
  /** @throws CoreError `conflict` that names the live process. */
  lock(): Promise<RunLock>;
}

/** How a run stands that is not being worked on. */
async function stateAtRest({ status }: RunRecord, events: EventLog): Promise<RunState> {
  if (status !== "created" && status !== "running") return status;
  const last = (await events.read()).at(-1);
  if (!last) return status === "created" ? "created" : "interrupted";
  return last.type === "run-end" ? last.status : "interrupted";
}

/**
 * Opens a run's folder.
 * @throws CoreError `not-found`, `corrupt`, `unsupported` for a run of a newer graft.
 */
export async function openRunFolder(folder: string, id: string): Promise<RunFolder> {
  const recordPath = join(folder, RUN_FILES.record);
  let record = parseRunRecord(await readJson(recordPath), recordPath);
  const splitPath = join(folder, RUN_FILES.split);
  const split = parseSplit(await readJson(splitPath), splitPath);
  const events = openEventLog(join(folder, RUN_FILES.events));
  let turn: Promise<unknown> = Promise.resolve();
  return {
    ...{ id, folder, split },
    get record() {
      return record;
    },
    async beginning() {
      // missing or cut, it can name nothing any more; the record still has the hash of what it held
      const json = await readJson(join(folder, RUN_FILES.images)).catch(() => undefined);
      return { record, split, images: parseStoredImages(json, startLabels(record) ?? []) };
    },
    checkpoints: openCheckpointStore(join(folder, RUN_FILES.checkpoints)),
    modelFolder: join(folder, RUN_FILES.model),
    updateRecord(change) {
      const updated = turn.then(async () => {
        const next = { ...record, ...change, updated: new Date().toISOString() };
        record = parseRunRecord(JSON.parse(JSON.stringify(next)), recordPath);
        await writeJson(recordPath, record);
        return record;
      });
      turn = updated.catch(() => undefined);
      return updated;
    },
    appendEvent: (event) => events.append(event),
    readEvents: () => events.read(),
    async state() {
      if ((await lockHolder(folder)) !== undefined) return "running";
      return stateAtRest(record, events);
    },
    lock: () => lockRun(folder, id),
  };
}
