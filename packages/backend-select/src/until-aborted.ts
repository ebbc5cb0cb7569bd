import { throwIfCancelled } from "@graft/core";

/**
 * The work's result, unless the signal is aborted first. The work itself goes on unheard, for an engine that is being
 * opened cannot be told to stop.
 * @param discard takes what it gives then, so that nothing stays open.
 * @throws CoreError `cancelled`, and what the work throws.
 */
export async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  discard: (late: T) => unknown = () => undefined,
): Promise<T> {
  if (!signal) return work;
  const listening = new AbortController();
  const aborted = new Promise<"aborted">((settle) => {
    const stop = (): void => settle("aborted");
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true, signal: listening.signal });
  });
  try {
    const first = await Promise.race([work.then((result) => ({ result })), aborted]);
    if (first !== "aborted") return first.result;
    work.then(discard).catch(() => undefined); // nobody waits for it any more
    throwIfCancelled(signal);
    throw new TypeError("an aborted signal throws");
  } finally {
    listening.abort();
  }
}
