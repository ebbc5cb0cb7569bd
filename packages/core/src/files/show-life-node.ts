import { utimes } from "node:fs/promises";

/** An owner shows life in its file so often. */
const HEARTBEAT_MS = 30_000;
/** One on another machine is given up after four missed. */
export const FOREIGN_LIMIT_MS = 4 * HEARTBEAT_MS;

/**
 * Sets the time of change of a file or folder again and again, until it is disposed of or the process ends.
 * Of a path that is gone nothing is said.
 */
export function showLife(path: string, now: () => number = Date.now): Disposable {
  const beat = (): Promise<void> => utimes(path, now() / 1000, now() / 1000).catch(() => undefined);
  const timer = setInterval(() => void beat(), HEARTBEAT_MS);
  timer.unref(); // it keeps others away, not the process running
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
