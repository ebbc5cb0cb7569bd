/** Work that a kill costs at most, where writing a checkpoint is quick. */
export const CHECKPOINT_MS = 30_000;
/** The same where writing takes long: more than this nobody should lose. */
const LONGEST_MS = 120_000;
/** Of the time that may go into writing. */
const SHARE = 0.05;
/**
 * What making a new file is taken to cost beside a training: 308 MB took 1.5 s on a quiet machine of two cores and 3.4 s at a
 * load of 8, and 0.2 s where a file was written over.
 */
const NEW_FILE_BYTES_PER_MS = 100_000;
/** The newest two checkpoints stay and a third file waits to be written over: so many times a new one is made. */
const NEW_FILES = 3;
/** What was said of the interval is said again when it has grown by so much. */
const TOLD_AGAIN = 1.5;

/**
 * Work that a kill may cost: the time from one checkpoint that is on disk to the next, so long that writing takes 5 % of it.
 * @param writeMs what a checkpoint takes to be written, from the state that it holds to the disk.
 * @param shortestMs @default 30 s
 * @returns milliseconds, from `shortestMs` to 2 minutes.
 */
export function checkpointInterval(writeMs: number, shortestMs = CHECKPOINT_MS): number {
  const longestMs = Math.max(LONGEST_MS, shortestMs);
  return Math.min(longestMs, Math.max(shortestMs, writeMs + writeMs / SHARE));
}

/** When a run writes its next checkpoint; goes on through the run's phases. */
export interface CheckpointPace {
  /** Milliseconds of a clock that is never set. */
  readonly clock: () => number;
  /** From now on there is work to lose; a second call changes nothing. @param bytes of a checkpoint. */
  start(bytes: number): void;
  /** It is time: begun now, a checkpoint is on disk before a kill could cost more than the interval. */
  readonly isDue: boolean;
  /** A checkpoint of the state as it is begins to be taken. @returns the time. */
  begin(): number;
  /** How long the last one took. @returns what people should hear of it, in a sentence: once, unless it gets worse. */
  wrote(ms: number): string | undefined;
}

/**
 * One slow write changes nothing, as another program may have had the disk: of the last two the quicker one says what it can
 * do. What it costs to make the first files is not counted, since later checkpoints are written over them.
 */
export function createCheckpointPace({
  clock = () => performance.now(),
  shortestMs = CHECKPOINT_MS,
  asked = () => 0,
}: {
  readonly clock?: (() => number) | undefined;
  readonly shortestMs?: number | undefined;
  /** How many checkpoints were asked for so far: one more makes the next one due at once. */
  readonly asked?: (() => number) | undefined;
} = {}): CheckpointPace {
  let since: number | undefined;
  let answered = asked();
  let newFileMs = 0;
  let numWritten = 0;
  let [before, last] = [0, 0];
  let [countedBefore, countedLast] = [0, 0];
  let toldMs = shortestMs;
  const intervalMs = (): number => checkpointInterval(Math.min(countedBefore, countedLast), shortestMs);
  return {
    clock,
    start(bytes) {
      if (since !== undefined) return;
      since = clock();
      newFileMs = bytes / NEW_FILE_BYTES_PER_MS;
    },
    get isDue() {
      const slower = Math.max(before, last);
      // a disk that takes a minute for one is left alone for half of the time
      const beginMs = Math.max(intervalMs() - (slower || newFileMs), 2 * slower);
      return since !== undefined && (asked() > answered || clock() - since >= beginMs);
    },
    begin() {
      since = clock();
      answered = asked();
      return since;
    },
    wrote(ms) {
      [before, last] = [last, ms];
      const isOfNewFiles = ++numWritten <= NEW_FILES;
      [countedBefore, countedLast] = [countedLast, isOfNewFiles ? Math.max(0, ms - newFileMs) : ms];
      const interval = intervalMs();
      if (interval < toldMs * TOLD_AGAIN) return undefined;
      toldMs = interval;
      const seconds = (time: number): string => `${(time / 1000).toFixed(time < 10_000 ? 1 : 0)} s`;
      return `A checkpoint takes ${seconds(Math.min(before, last))} to write here, so graft writes one every ${seconds(interval)}: if the run is killed, up to that much work is lost.`;
    },
  };
}
