import type { Metrics } from "../train/events.ts";
import type { BestEpoch, Checkpoint, CheckpointStore } from "./types.ts";

/** How far a run is on disk: what a checkpoint says beside its numbers. */
export interface SavedPoint {
  /** Finished epochs. */
  readonly epoch: number;
  /** Of the last of them. */
  readonly last: Metrics | undefined;
  readonly best: Pick<BestEpoch, "epoch" | "metrics"> | undefined;
}

/** Saves checkpoints while the training goes on, one at a time. */
export interface CheckpointSaver {
  /** A save is under way. */
  readonly isSaving: boolean;
  /** What the newest whole checkpoint holds; the start, when there is none. */
  readonly saved: SavedPoint;
  /** Begins to save; call `finish` before. */
  start(checkpoint: Checkpoint): void;
  /**
   * Waits for the save that is under way.
   * @returns its epoch, once; undefined when nothing was begun since the last call.
   * @throws what the store threw, once.
   */
  finish(): Promise<number | undefined>;
  /** Waits for the save that is under way and leaves its outcome for `finish`. */
  settle(): Promise<void>;
}

function pointOf({ epoch, history, best }: Checkpoint): SavedPoint {
  return {
    epoch,
    last: history.at(-1),
    best: best ? { epoch: best.epoch, metrics: best.metrics } : undefined,
  };
}

/**
 * A failed save is told by the next `finish`, never as an unhandled rejection.
 * @param start the checkpoint that the run goes on from.
 */
export function createCheckpointSaver(store: CheckpointStore, start?: Checkpoint): CheckpointSaver {
  let saved: SavedPoint = start ? pointOf(start) : { epoch: 0, last: undefined, best: undefined };
  let running: Promise<number> | undefined;
  let isSaving = false;
  return {
    get isSaving() {
      return isSaving;
    },
    get saved() {
      return saved;
    },
    start(checkpoint) {
      isSaving = true;
      const point = pointOf(checkpoint);
      running = store
        .save(checkpoint)
        .then(() => {
          saved = point;
          return point.epoch;
        })
        .finally(() => {
          isSaving = false;
        });
      running.catch(() => undefined);
    },
    finish() {
      const saved: Promise<number | undefined> = running ?? Promise.resolve(undefined);
      running = undefined;
      return saved;
    },
    async settle() {
      await running?.catch(() => undefined);
    },
  };
}
