/**
 * Threads of each of several workers on one machine. One alone takes what the command line would (undefined), so that its
 * numbers are the command line's; several share the cores.
 * @param usable threads that can run at once.
 */
export function shareThreads(workers: number, usable: number): number | undefined {
  return workers <= 1 ? undefined : Math.max(1, Math.floor(usable / workers));
}
