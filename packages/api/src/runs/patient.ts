import { CoreError, type ErrorCode, throwIfCancelled } from "@graft/core";

/** A store that cannot be reached, of rows or of blobs, and a disk that is full may be well again in a moment. */
const PASSING: readonly ErrorCode[] = ["unreadable", "offline", "disk-full"];
/** Of an error's facts: true where the host ends, and what is in trouble is not to be asked again. */
export const IS_LAST = "isLast";
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2000;
/** So long a run waits for its store before it gives up. */
const PATIENCE_MS = 60_000;

/** Settles after a while, or at once when the signal is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", wake);
      resolve();
    }, ms);
    const wake = (): void => {
      clearTimeout(timer);
      resolve();
    };
    signal?.addEventListener("abort", wake, { once: true });
  });
}

/**
 * Does what may be done again, until it is done: a training of hours does not end because its database was away for ten
 * seconds.
 * @param options.forMs tried for so long. @default a minute
 * @throws CoreError `cancelled`; the last error.
 */
export async function patiently<T>(
  work: () => Promise<T>,
  {
    signal,
    forMs = PATIENCE_MS,
  }: { readonly signal?: AbortSignal | undefined; readonly forMs?: number } = {},
): Promise<T> {
  const until = performance.now() + forMs;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    try {
      return await work();
    } catch (error) {
      const isPassing =
        error instanceof CoreError && PASSING.includes(error.code) && error.facts[IS_LAST] !== true;
      if (!isPassing || performance.now() + waitMs > until) throw error;
    }
    await pause(waitMs, signal);
    throwIfCancelled(signal);
  }
}
