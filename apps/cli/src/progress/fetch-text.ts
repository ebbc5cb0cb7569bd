import type { ByteProgress } from "@graft/core";
import { byteSize } from "../output/text.ts";

/** "Fetching weights  12.3 MB of 88.0 MB", or what it waits for, how long already and at most. */
export function fetchText(what: string, { done, total, waiting }: ByteProgress): string {
  const amount = `${what}  ${byteSize(done)}`;
  if (waiting === undefined) return total ? `${amount} of ${byteSize(total)}` : amount;
  const { seconds, limitSeconds, attempt, attempts } = waiting;
  const wait = `waiting for the server, ${Math.floor(seconds)} s of at most ${limitSeconds} s`;
  return `${amount}  ${wait}${attempt > 1 ? `, try ${attempt} of ${attempts}` : ""}`;
}
