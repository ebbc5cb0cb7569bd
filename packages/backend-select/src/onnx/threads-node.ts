import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** The share of processors that the control group allows, e.g. 1.5; Infinity when there is no limit. */
function quota(): number {
  try {
    const [most, period] = readFileSync("/sys/fs/cgroup/cpu.max", "utf8").trim().split(" ").map(Number);
    return most && period ? most / period : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY; // not Linux, or control groups of the first version
  }
}

/**
 * How many threads can really run at once. Node's own count knows the processors this process may use, but Node 20's not
 * the time it may use them for (a container's limit), and spinning threads over that limit stop each other.
 */
export function usableThreads(): number {
  return Math.max(1, Math.min(availableParallelism(), Math.ceil(quota())));
}
