import { untilCancelled } from "../concurrency/until-cancelled.ts";
import type { PrepareImage } from "../dataset/prepare-image.ts";
import type { DatasetImage } from "../dataset/types.ts";
import { CoreError, throwIfCancelled } from "../errors.ts";
import { isOfOneFile } from "../files/one-file-error.ts";
import type { FeatureSpace } from "./types.ts";

/** Variants of one content that are to be computed, and the slots they go to. */
export interface RowTask {
  readonly images: readonly DatasetImage[];
  readonly variants: readonly number[];
  readonly slots: readonly number[];
}

export interface PrepareAheadOptions {
  /** What the pixels depend on. */
  readonly space: Pick<FeatureSpace, "rule" | "augmentation">;
  readonly prepare: PrepareImage;
  /** Tasks that may be in `prepare` at once. */
  readonly decodeAhead: number;
  /** Pixel arrays that may be in the making or wait to be taken. At least one task goes on whatever its size. */
  readonly rowsAhead: number;
  readonly signal: AbortSignal | undefined;
}

/** A task's images, or why there are none. */
export type PreparedTask =
  | { readonly task: RowTask; readonly pixels: readonly Uint8Array[] }
  | { readonly task: RowTask; readonly error: CoreError };

/**
 * Asks for one content's pixels: from its next file when one cannot be used, and once more when the thread that read it
 * died, which another image may have caused.
 */
async function prepareTask(task: RowTask, { space, prepare }: PrepareAheadOptions): Promise<PreparedTask> {
  let last: CoreError | undefined;
  for (const image of task.images) {
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        return { task, pixels: await prepare(image, space.rule, space.augmentation, task.variants) };
      } catch (error) {
        if (!isOfOneFile(error)) throw error;
        last = error;
        if (error.code !== "backend") break;
      }
    }
  }
  return { task, error: last ?? new CoreError("not-found", { what: "No file has this content." }) };
}

/**
 * Prepares tasks ahead of their use and gives them in their order. Work is under way up to the bounds whenever control is
 * with the caller, so that decoding threads are busy while an engine holds the JavaScript thread.
 * @throws CoreError `cancelled`, `unreadable`; what is in the making then ends unheard.
 */
export async function* prepareAhead(
  tasks: readonly RowTask[],
  options: PrepareAheadOptions,
): AsyncGenerator<PreparedTask> {
  const { decodeAhead, rowsAhead, signal } = options;
  const started: Promise<PreparedTask>[] = [];
  let next = 0;
  let [inWork, rows] = [0, 0];
  const start = (): void => {
    for (let task = tasks[next]; task !== undefined; task = tasks[next]) {
      const isRoom = inWork < decodeAhead && rows + task.slots.length <= rowsAhead;
      if (started.length > 0 && !isRoom) return;
      next++;
      inWork++;
      rows += task.slots.length;
      const work = prepareTask(task, options).finally(() => {
        inWork--;
        if (signal?.aborted !== true) start();
      });
      work.catch(() => undefined); // heard when its turn comes
      started.push(work);
    }
  };
  try {
    for (;;) {
      throwIfCancelled(signal);
      start();
      const first = started[0];
      if (first === undefined) return;
      const prepared = await untilCancelled(first, signal);
      started.shift();
      yield prepared;
      rows -= prepared.task.slots.length;
    }
  } finally {
    next = tasks.length; // nothing more is started when the caller stops early
  }
}
