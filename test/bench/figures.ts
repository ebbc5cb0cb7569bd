import { availableParallelism, cpus } from "node:os";

/** "AMD EPYC …, 2 threads": what figures are said to be from. */
export const machine = (): string => `${cpus()[0]?.model.trim()}, ${availableParallelism()} threads`;

/** One line that another process reads: figures by name, larger of rates and smaller of times is better. */
export function printFigures(engine: string, figures: Readonly<Record<string, number>>): void {
  console.log(JSON.stringify({ engine, machine: machine(), figures }));
}
