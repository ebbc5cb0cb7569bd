import { once } from "node:events";
import type { Exchange } from "../edge/exchange.ts";

/**
 * Waits until a client has taken what was written to it.
 * @returns false when it is gone, or takes nothing for so long that it is sent away.
 */
export async function drained({ response }: Exchange, idleMs: number): Promise<boolean> {
  if (response.destroyed) return false;
  if (!response.writableNeedDrain) return true;
  const given = new AbortController();
  const timer = setTimeout(() => response.destroy(), idleMs);
  try {
    await Promise.race([
      once(response, "drain", { signal: given.signal }),
      once(response, "close", { signal: given.signal }),
    ]);
  } finally {
    clearTimeout(timer);
    given.abort();
  }
  return !response.destroyed;
}

/** Writes pieces to a client as fast as it takes them, and ends the answer. Pieces are asked for no more when it is gone. */
export async function pipeOut(
  exchange: Exchange,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  idleMs: number,
): Promise<void> {
  const { response } = exchange;
  try {
    for await (const piece of pieces) {
      if (response.destroyed) return;
      if (!response.write(piece) && !(await drained(exchange, idleMs))) return;
    }
    response.end();
  } catch (error) {
    // the headers say that all is well: a cut answer is the one sign that is left
    response.destroy();
    throw error;
  }
}
