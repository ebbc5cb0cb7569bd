import type { Checkpoint, CheckpointStore } from "./types.ts";

/** Saves checkpoints while the training goes on, one at a time. */
export interface CheckpointSaver {
  /** A save is under way. */
  readonly isSaving: boolean;
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

/** A failed save is told by the next `finish`, never as an unhandled rejection. */
export function createCheckpointSaver(store: CheckpointStore): CheckpointSaver {
  let running: Promise<number> | undefined;
  let isSaving = false;
  return {
    get isSaving() {
      return isSaving;
    },
    start(checkpoint) {
      isSaving = true;
      running = store
        .save(checkpoint)
        .then(() => checkpoint.epoch)
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
