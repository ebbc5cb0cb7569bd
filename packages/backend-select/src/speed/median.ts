/** The middle one of several durations: neither a lucky run nor one that was held up. */
export async function medianMs(run: () => unknown, runs: number): Promise<number> {
  await run(); // the first one sets things up
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
}
