import { kernelsRun } from "./fused/program.ts";
import { openTeam, type Team } from "./fused/team.ts";
import { openBrowserTeam } from "./fused/team-browser.ts";
import { teamMs } from "./speed/team-speed.ts";
import { threadsText } from "./threads-text.ts";

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

/**
 * Whether threads start at all (a page's policy may forbid it), and, because on busy processors several are slower than one,
 * whether they are worth it.
 * @param isTimed asks for the second.
 */
async function whyOnlyOne(threads: number, isTimed: boolean): Promise<string | undefined> {
  let team: Team;
  try {
    team = await openBrowserTeam(threads);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const one = await openTeam(1, () => Promise.reject(new TypeError("it needs none")));
  try {
    if (!isTimed) return undefined;
    const [single, several] = [await teamMs(one), await teamMs(team)];
    if (several < single) return undefined;
    const ms = [single, several].map((time) => `${time.toPrecision(2)} ms`);
    return `${threadsText(threads)} took ${ms[1]} for what one did in ${ms[0]}.`;
  } finally {
    await team.close();
    await one.close();
  }
}

const known = new Map<number | undefined, Promise<PageThreads>>();

/**
 * Finds out how many threads are best, once a worker.
 * @param wanted takes that number untimed, where threads start and share memory. @default as many as there are processors,
 *   when they are faster than one
 */
export function pageThreads(wanted: number | undefined): Promise<PageThreads> {
  const found = known.get(wanted) ?? findOut(wanted);
  known.set(wanted, found);
  return found;
}

async function findOut(wanted: number | undefined): Promise<PageThreads> {
  if (!isShared()) {
    const note =
      "The page is not cross-origin isolated, so threads cannot share memory: one thread does all the work.";
    return { threads: 1, teamThreads: 1, shared: false, notes: wanted === 1 ? [] : [note] };
  }
  if (isPageThread()) {
    const note =
      "It runs on the page's own thread, which may not wait for others: large dense layers use one thread.";
    const threads = wanted ?? processors();
    return { threads, teamThreads: 1, shared: true, notes: threads === 1 ? [] : [note] };
  }
  const threads = wanted ?? processors();
  const isTimed = wanted === undefined;
  const why = threads === 1 || !kernelsRun({ shared: true }) ? undefined : await whyOnlyOne(threads, isTimed);
  return why === undefined
    ? { threads, teamThreads: threads, shared: true, notes: [] }
    : { threads: 1, teamThreads: 1, shared: true, notes: [`One thread does all the work. ${why}`] };
}

const processors = (): number => Math.min(MOST_THREADS, Math.max(1, navigator.hardwareConcurrency));
