import { openCheckpointStore } from "../checkpoint/store.ts";
import { parseSplit } from "../dataset/split.ts";
import { type EventLog, openEventLog } from "../events/event-log.ts";
import type { Folder } from "../files/folder.ts";
import { readJson, writeJson } from "../files/json-file.ts";
import type { Crc32 } from "../numbers/crc32.ts";
import { startLabels } from "./run-beginning.ts";
import { lockRun, type RunLock, runHolder } from "./run-lock.ts";
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

/** One run in a folder. */
export interface RunInFolder extends StoredRun {
  /** @throws CoreError `conflict` that names the live holder. */
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
 * Opens a run.
 * @param folder its own.
 * @param options.crc32 the host's own, for checkpoints.
 * @throws CoreError `not-found`, `corrupt`, `unsupported` for a run of a newer graft.
 */
export async function openStoredRun(
  folder: Folder,
  id: string,
  options: { readonly crc32?: Crc32 } = {},
): Promise<RunInFolder> {
  const recordPath = folder.nameOf(RUN_FILES.record);
  let record = parseRunRecord(await readJson(folder, RUN_FILES.record), recordPath);
  const splitPath = folder.nameOf(RUN_FILES.split);
  const split = parseSplit(await readJson(folder, RUN_FILES.split), splitPath);
  const events = openEventLog(folder, RUN_FILES.events);
  let turn: Promise<unknown> = Promise.resolve();
  return {
    ...{ id, split },
    get record() {
      return record;
    },
    async beginning() {
      // missing or cut, it can name nothing any more; the record still has the hash of what it held
      const json = await readJson(folder, RUN_FILES.images).catch(() => undefined);
      return { record, split, images: parseStoredImages(json, startLabels(record) ?? []) };
    },
    checkpoints: openCheckpointStore(folder.folder(RUN_FILES.checkpoints), options),
    updateRecord(change) {
      const updated = turn.then(async () => {
        const next = { ...record, ...change, updated: new Date().toISOString() };
        record = parseRunRecord(JSON.parse(JSON.stringify(next)), recordPath);
        await writeJson(folder, RUN_FILES.record, record);
        return record;
      });
      turn = updated.catch(() => undefined);
      return updated;
    },
    appendEvent: (event) => events.append(event),
    readEvents: () => events.read(),
    async state() {
      if ((await runHolder(folder)) !== undefined) return "running";
      return stateAtRest(record, events);
    },
    lock: () => lockRun(folder, id),
  };
}
