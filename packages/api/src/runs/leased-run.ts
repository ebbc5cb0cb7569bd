import type { RunInFolder, RunRecordChange, StoredRun, TrainEvent } from "@graft/core";
import type { RunChange } from "../ports/repository.ts";
import { patiently } from "./patient.ts";
import type { RunEvents } from "./run-events.ts";
import type { LeasedLock, RunLocks } from "./run-lock.ts";

export interface LeasedRunHost {
  readonly events: RunEvents;
  readonly locks: RunLocks;
  /** Aborted when the host ends. */
  readonly signal: AbortSignal;
  /** Changes the run's row. */
  readonly change: (change: RunChange) => Promise<void>;
}

/** What a run's row says of its record. */
function rowChange(change: RunRecordChange): RunChange {
  return {
    ...("backend" in change ? { backend: change.backend?.id ?? null } : {}),
    ...("metrics" in change ? { metrics: change.metrics ?? null } : {}),
    ...("error" in change ? { error: change.error ?? null } : {}),
  };
}

/**
 * A run whose files are core's, whose events and lock are rows, and whose record is shown in its row, too. What cannot be
 * written for now is tried again for a minute.
 */
export function leasedRun(run: RunInFolder, { events, locks, signal, change }: LeasedRunHost): StoredRun {
  const { id, split, checkpoints } = run;
  let held: LeasedLock | undefined;
  /** Whoever lost the lock must not write beside who has it now. */
  const write = <T>(work: () => Promise<T>): Promise<T> =>
    patiently(
      () => {
        held?.check();
        return work();
      },
      { signal },
    );
  /** What is kept is kept after what was told before: whoever goes on from it tells what comes next. */
  const keep = async <T>(work: () => Promise<T>): Promise<T> => {
    await events.flush(id);
    return write(work);
  };
  const readEvents = (): Promise<readonly TrainEvent[]> =>
    patiently(
      async () => {
        await events.flush(id);
        const all: TrainEvent[] = [];
        for await (const some of events.all(id)) all.push(...some);
        return all;
      },
      { signal },
    );
  return {
    ...{ id, split, readEvents },
    get record() {
      return run.record;
    },
    beginning: () => run.beginning(),
    checkpoints: {
      load: (onFallback) => patiently(() => checkpoints.load(onFallback), { signal }),
      save: (checkpoint) => keep(() => checkpoints.save(checkpoint)),
      clear: () => keep(() => checkpoints.clear()),
    },
    async updateRecord(given) {
      const record = await keep(() => run.updateRecord(given));
      const ofRow = rowChange(given);
      if (Object.keys(ofRow).length > 0) await write(() => change(ofRow));
      return record;
    },
    async appendEvent(event) {
      held?.check();
      await events.take(id, [event], () => held?.check());
    },
    async state() {
      if (await locks.isHeld(id)) return "running";
      const { status } = run.record;
      if (status !== "created" && status !== "running") return status;
      const last = (await readEvents()).at(-1);
      if (last?.type === "run-end") return last.status;
      return last || status === "running" ? "interrupted" : "created";
    },
    async lock() {
      const lock = await locks.lock(id);
      held = lock;
      return {
        async [Symbol.asyncDispose]() {
          // what keeps them from being stored is told to who follows the run; the next one's come after these
          await events.flush(id).catch(() => undefined);
          if (held === lock) held = undefined;
          await lock[Symbol.asyncDispose]();
        },
      };
    },
  };
}
