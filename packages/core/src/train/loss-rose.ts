import type { Metrics } from "./events.ts";

/** How many times the first epoch's loss the last one's must be before it is worth a word. */
const FACTOR = 10;

/**
 * What to say of a training that ended much worse than it began, though with a finite loss. A loss that plain guessing
 * would have is never spoken of.
 */
export function lossRose(
  history: readonly Metrics[],
  options: {
    readonly learningRate: number;
    readonly numClasses: number;
    /** What sets the rate. @default --learning-rate */
    readonly flag?: string;
  },
): string | undefined {
  const { learningRate, numClasses, flag = "--learning-rate" } = options;
  const [first, last] = [history[0]?.loss, history.at(-1)?.loss];
  if (first === undefined || last === undefined) return undefined;
  if (last <= FACTOR * first || last <= Math.log(numClasses)) return undefined;
  const rose = `from ${shortNumber(first)} in the first epoch to ${shortNumber(last)} in the last`;
  const fix = `try ${flag} ${Number((learningRate / 10).toPrecision(3))}`;
  return `The training loss rose ${rose}: the learning rate (${learningRate}) may be too high; ${fix}.`;
}

const shortNumber = (value: number): string => String(Number(value.toPrecision(3)));
