import { join } from "node:path";
import { type FolderCheckpointStore, openCheckpointStore } from "../checkpoint/store-node.ts";
import { parseSplit } from "../dataset/split.ts";
import type { Split } from "../dataset/types.ts";
import { type EventLog, openEventLog } from "../events/event-log-node.ts";
import type { RunStatus, TrainEvent } from "../events/events.ts";
import { readJson, writeJson } from "../files/json-file-node.ts";
import { type RunBeginning, startLabels } from "./run-beginning.ts";
import { lockHolder, lockRun, type RunLock } from "./run-lock-node.ts";
import { parseRunRecord, type RunRecord, type RunRecordChange } from "./run-record.ts";
import { parseStoredImages } from "./start-images.ts";

/** The files of a run. */
export const RUN_FILES = {
  record: "run.json",
  split: "split.json",
  images: "images.json",
  events: "events.jsonl",
  checkpoints: "checkpoints",
  model: "model",
} as const;

/** "running" only while its process lives. */
export type RunState = "created" | "running" | RunStatus;

/** One run on disk. Reading is free to all; what writes belongs to the holder of the lock. */
export interface RunFolder {
  readonly id: string;
  readonly folder: string;
  /** As last read or written here. */
  readonly record: RunRecord;
  readonly split: Split;
  /** What the run noted of itself when it began: what `checkResumable` compares. */
  beginning(): Promise<RunBeginning>;
  readonly checkpoints: FolderCheckpointStore;
  /** Where the run's model goes unless the user says otherwise. */
  readonly modelFolder: string;
  /** Changes run.json, whole or not at all. @throws CoreError `disk-full`. */
  updateRecord(change: RunRecordChange): Promise<RunRecord>;
  /** @throws CoreError `disk-full`. */
  appendEvent(event: TrainEvent): Promise<void>;
  /** First to last; what a killed process left of its last line is passed over. @throws CoreError `corrupt`. */
  readEvents(): Promise<readonly TrainEvent[]>;
  /** How the run stands, whatever its process could still say: one that is gone without an end was interrupted. */
  state(): Promise<RunState>;
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
  const split = parseSplit(await readJson(join(folder, RUN_FILES.split)));
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
