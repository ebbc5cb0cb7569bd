import { availableParallelism, cpus } from "node:os";

/** What a measure came to. Minima are compared: on a shared machine everything else is noise that only adds. */
export interface Measure {
  readonly minimumMs: number;
  readonly medianMs: number;
}

/** Times `work` after `warmup` runs that do not count. */
export async function measure(
  work: () => Promise<unknown>,
  { warmup = 2, runs }: { readonly warmup?: number; readonly runs: number },
): Promise<Measure> {
  for (let i = 0; i < warmup; i++) await work();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return { minimumMs: times[0] ?? Number.NaN, medianMs: times[Math.floor(times.length / 2)] ?? Number.NaN };
}

/** "AMD EPYC …, 2 threads": what figures are said to be from. */
export const machine = (): string => `${cpus()[0]?.model.trim()}, ${availableParallelism()} threads`;

/** One line that another process reads: figures by name, larger of rates and smaller of times is better. */
export function printFigures(engine: string, figures: Readonly<Record<string, number>>): void {
  console.log(JSON.stringify({ engine, machine: machine(), figures }));
}
