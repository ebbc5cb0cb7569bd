import { kernelsRun } from "./fused/program.ts";
import { openTeam, type Team } from "./fused/team.ts";
import { openBrowserTeam } from "./fused/team-browser.ts";
import { teamMs } from "./speed/team-speed.ts";

/** More gain little: the trunk's layers are small, and a phone's slow cores hold up its fast ones. */
const MOST_THREADS = 8;

/** How many threads a page's engines compute with, and why no more. */
export interface PageThreads {
  readonly threads: number;
  /** Of the fused kernels: the calling thread waits for the others, which a page's own thread may not. */
  readonly teamThreads: number;
  /** Whether threads can share memory. */
  readonly shared: boolean;
  readonly notes: readonly string[];
}

const isShared = (): boolean => globalThis.crossOriginIsolated && typeof SharedArrayBuffer === "function";
const isPageThread = (): boolean => "document" in globalThis;

const count = (threads: number): string => `${threads} ${threads === 1 ? "thread" : "threads"}`;

/** Times one thread against several, because on busy processors, or ones that are few in truth, several are slower. */
async function isFasterWith(threads: number): Promise<true | string> {
  let team: Team;
  try {
    team = await openBrowserTeam(threads);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const one = await openTeam(1, () => Promise.reject(new TypeError("it needs none")));
  try {
    const [single, several] = [await teamMs(one), await teamMs(team)];
    if (several < single) return true;
    const ms = [single, several].map((time) => `${time.toPrecision(2)} ms`);
    return `${count(threads)} took ${ms[1]} for what one did in ${ms[0]}.`;
  } finally {
    await team.close();
    await one.close();
  }
}

/**
 * Finds out how many threads are best.
 * @param wanted takes that number untimed, where memory can be shared. @default as many as there are processors, when
 *   they are faster than one
 */
export async function pageThreads(wanted: number | undefined): Promise<PageThreads> {
  if (!isShared()) {
    const note =
      "The page is not cross-origin isolated, so threads can share no memory: one thread computes.";
    return { threads: 1, teamThreads: 1, shared: false, notes: wanted === 1 ? [] : [note] };
  }
  if (isPageThread()) {
    const note =
      "It runs on the page's own thread, which may not wait for others: large dense layers take one.";
    const threads = wanted ?? processors();
    return { threads, teamThreads: 1, shared: true, notes: threads === 1 ? [] : [note] };
  }
  const threads = wanted ?? processors();
  if (wanted !== undefined || threads === 1 || !kernelsRun({ shared: true }))
    return { threads, teamThreads: threads, shared: true, notes: [] };
  const answer = await isFasterWith(threads);
  if (answer === true) return { threads, teamThreads: threads, shared: true, notes: [] };
  return { threads: 1, teamThreads: 1, shared: true, notes: [`One thread computes. ${answer}`] };
}

const processors = (): number => Math.min(MOST_THREADS, Math.max(1, navigator.hardwareConcurrency));
