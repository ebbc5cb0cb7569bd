import { join } from "node:path";
import { crc32 } from "node:zlib";
import { nodeFolder } from "../files/folder-node.ts";
import { createRunStore } from "./run-store.ts";
import { RUN_FILES, type RunInFolder } from "./stored-run.ts";
import type { NewRun, RunStore, RunSummary } from "./types.ts";

/** One run on disk. */
export interface RunFolder extends RunInFolder {
  readonly folder: string;
  /** Where the run's model goes unless the user says otherwise. */
  readonly modelFolder: string;
}

/** A line of `graft runs list`. */
export interface RunFolderSummary extends RunSummary {
  readonly folder: string;
}

/** The runs under one home. */
export interface FolderRunStore extends RunStore {
  /** HOME/runs */
  readonly folder: string;
  create(run: NewRun): Promise<RunFolder>;
  open(id: string): Promise<RunFolder>;
  list(): Promise<readonly RunFolderSummary[]>;
}

function onDisk(run: RunInFolder, runs: string): RunFolder {
  const folder = join(runs, run.id);
  const { id, split, checkpoints } = run;
  return {
    ...{ id, folder, split, checkpoints, modelFolder: join(folder, RUN_FILES.model) },
    get record() {
      return run.record;
    },
    beginning: () => run.beginning(),
    updateRecord: (change) => run.updateRecord(change),
    appendEvent: (event) => run.appendEvent(event),
    readEvents: () => run.readEvents(),
    state: () => run.state(),
    lock: () => run.lock(),
  };
}

/** @param home HOME; runs are in its folder `runs`, which is made with the first run. */
export function openRunStore(home: string): FolderRunStore {
  const folder = join(home, "runs");
  const store = createRunStore(nodeFolder(folder), { crc32 });
  return {
    folder,
    create: async (run) => onDisk(await store.create(run), folder),
    open: async (id) => onDisk(await store.open(id), folder),
    list: async () =>
      (await store.list()).map((summary) => ({ ...summary, folder: join(folder, summary.id) })),
    remove: (id) => store.remove(id),
  };
}
