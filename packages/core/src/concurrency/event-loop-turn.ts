/** Work that holds the thread gives it up at least this often, when it has something to give it up between. */
const LONGEST_HOLD_MS = 50;

/**
 * Lets timers, signals and messages be heard: an engine that computes on this thread would else keep them waiting, and
 * with them a wish to stop.
 */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

/**
 * A turn of the event loop where the last one was a while ago: what is called between small pieces of work costs nothing
 * most of the time, as a turn takes a millisecond in Node and four in a browser.
 * @param options.clock milliseconds of a clock that never goes back.
 */
export function createThreadSharing(
  options: { readonly clock?: () => number; readonly longestHoldMs?: number } = {},
): () => Promise<void> {
  const { clock = () => performance.now(), longestHoldMs = LONGEST_HOLD_MS } = options;
  let last = clock();
  return async () => {
    if (clock() - last < longestHoldMs) return;
    await eventLoopTurn();
    last = clock();
  };
}
