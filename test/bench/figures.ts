import { availableParallelism, cpus } from "node:os";

/** "AMD EPYC …, 2 threads": what figures are said to be from. */
export const machine = (): string => `${cpus()[0]?.model.trim()}, ${availableParallelism()} threads`;

/** The upper one of two in the middle; NaN of none. */
export const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** One line that another process reads: figures by name, larger of rates and smaller of times is better. */
export function printFigures(engine: string, figures: Readonly<Record<string, number>>): void {
  console.log(JSON.stringify({ engine, machine: machine(), figures }));
}
