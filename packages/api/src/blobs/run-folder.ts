import { CoreError, type Folder, type FolderLock, type LockedBy } from "@graft/core";
import type { BlobStore } from "../ports/blob-store.ts";
import { type Clock, newId } from "../ports/clock.ts";
import type { Repository } from "../ports/repository.ts";
import { pause } from "../runs/patient.ts";
import { isTaken, type LeasedLock, RunLocks } from "../runs/run-lock.ts";
import type { BlobKeeper } from "./blob-keeper.ts";
import { runFileTable } from "./file-table.ts";
import { type OneAtATime, tableFolder } from "./table-folder.ts";

export interface RunFolderPorts {
  readonly repository: Pick<Repository, "runs" | "leases">;
  readonly blobs: BlobStore;
  readonly keeper: BlobKeeper;
  readonly clock: Clock;
}

const HOLDER: LockedBy = { holder: "another worker" };
const TURN_MS = 30_000;
const ASK_MS = 20;

/** Over all servers of the store: a lease, which one who is killed loses by and by. */
const takingTurns =
  ({ repository: { leases }, clock }: RunFolderPorts, run: string): OneAtATime =>
  async (path, work) => {
    const [name, holder] = [`file/${run}/${path}`, newId()];
    for (;;) {
      const now = clock();
      if ((await leases.acquire(name, { holder, now, until: now + TURN_MS })) === holder) break;
      await pause(ASK_MS);
    }
    try {
      return await work();
    } finally {
      await leases.release(name, holder);
    }
  };

/**
 * The files of a run as core's folder: each is a row that names a blob. A file is replaced whole, and the bytes that no row
 * names any more go at once, so a run's old checkpoints take no room. (`append` is `unsupported`: a run's events are rows.)
 *
 * A lock is a lease. Whoever lost it (his process was held up, and another took it) hears it with the next change that he
 * makes through this folder, or a folder in it: `conflict`, and nothing is changed.
 * @param run its row is there; without it changes are `not-found`.
 */
export function runFolder(ports: RunFolderPorts, run: string): Folder {
  const { repository, blobs, keeper, clock } = ports;
  // never alone: there are as many folders of a run in this process as ask for one, and each knows its own holders
  const locks = new RunLocks({ leases: repository.leases, clock, isAlone: false });
  const held = new Set<LeasedLock>();
  const check = (): void => {
    for (const lock of held) lock.check();
  };
  const lockName = (path: string): string => `${run}/${path}`;
  const lock = async (path: string): Promise<FolderLock | LockedBy> => {
    try {
      const taken = await locks.lock(lockName(path));
      held.add(taken);
      const release = async (): Promise<void> => {
        held.delete(taken);
        await taken[Symbol.asyncDispose]();
      };
      return { release, [Symbol.asyncDispose]: release };
    } catch (error) {
      if (error instanceof CoreError && isTaken(error, lockName(path))) return HOLDER;
      throw error;
    }
  };
  const lockedBy = async (path: string): Promise<LockedBy | undefined> =>
    (await locks.isHeld(lockName(path))) ? HOLDER : undefined;
  return tableFolder({
    ...{ name: `runs/${run}`, blobs, locking: { lock, lockedBy }, oneAtATime: takingTurns(ports, run) },
    table: runFileTable({ runs: repository.runs, keeper }, run, check),
  });
}
