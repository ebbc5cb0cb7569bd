import { collectGarbage } from "../../collect-garbage.ts";

/** Bytes in buffers that something still holds. */
export function liveBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/**
 * A stream of `pieces` times a megabyte that looks, every eight, how much is held.
 * @param onLook bytes more than at the start.
 */
export async function* measuredStream(
  pieces: number,
  onLook: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const start = liveBytes();
  for (let at = 0; at < pieces; at++) {
    if (at % 8 === 7) onLook(liveBytes() - start);
    yield new Uint8Array(2 ** 20).fill(at + 1);
  }
}
