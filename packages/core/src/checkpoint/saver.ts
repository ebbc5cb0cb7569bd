import type { Metrics } from "../events/events.ts";
import type { BestEpoch, Checkpoint, CheckpointStore } from "./types.ts";

/** How far a run is on disk: what a checkpoint says beside its numbers. */
export interface SavedPoint {
  /** Finished epochs. */
  readonly epoch: number;
  /** Steps of the next one. */
  readonly step: number;
  /** Of the last finished epoch. */
  readonly last: Metrics | undefined;
  readonly best: Pick<BestEpoch, "epoch" | "metrics"> | undefined;
}

/** Saves checkpoints while the training goes on, one at a time. */
export interface CheckpointSaver {
  /** A save is under way. */
  readonly isSaving: boolean;
  /** A save has ended and `finish` was not called since. */
  readonly hasEnded: boolean;
  /** What the newest whole checkpoint holds; the start, when there is none. */
  readonly saved: SavedPoint;
  /** Begins to save; call `finish` before. @param onSaved told when it is on disk. */
  start(checkpoint: Checkpoint, onSaved?: () => void): void;
  /**
   * Waits for the save that is under way.
   * @returns what it holds, once; undefined when nothing was begun since the last call.
   * @throws what the store threw, once.
   */
  finish(): Promise<SavedPoint | undefined>;
  /** Waits for the save that is under way and leaves its outcome for `finish`. */
  settle(): Promise<void>;
}

function pointOf({ epoch, partial, history, best }: Checkpoint): SavedPoint {
  return {
    epoch,
    step: partial?.step ?? 0,
    last: history.at(-1),
    best: best ? { epoch: best.epoch, metrics: best.metrics } : undefined,
  };
}

/**
 * A failed save is told by the next `finish`, never as an unhandled rejection.
 * @param start the checkpoint that the run goes on from.
 */
export function createCheckpointSaver(store: CheckpointStore, start?: Checkpoint): CheckpointSaver {
  let saved: SavedPoint = start ? pointOf(start) : { epoch: 0, step: 0, last: undefined, best: undefined };
  let running: Promise<SavedPoint> | undefined;
  let isSaving = false;
  return {
    get isSaving() {
      return isSaving;
    },
    get hasEnded() {
      return running !== undefined && !isSaving;
    },
    get saved() {
      return saved;
    },
    start(checkpoint, onSaved) {
      isSaving = true;
      const point = pointOf(checkpoint);
      running = store
        .save(checkpoint)
        .then(() => {
          saved = point;
          onSaved?.();
          return point;
        })
        .finally(() => {
          isSaving = false;
        });
      running.catch(() => undefined);
    },
    finish() {
      const saved: Promise<SavedPoint | undefined> = running ?? Promise.resolve(undefined);
      running = undefined;
      return saved;
    },
    async settle() {
      await running?.catch(() => undefined);
    },
  };
}
