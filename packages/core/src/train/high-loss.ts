import type { Metrics } from "../events/events.ts";
import { type RateOption, tenthOf } from "./diverged.ts";

/** How many times the first epoch's loss the last one's must be to have risen. */
const ROSE = 10;
/** How many times the loss of plain guessing a last loss must be to be spoken of, however the first was. */
const WORSE_THAN_GUESSING = 3;

/**
 * What to say of a training that ended much worse than it began, or than plain guessing, though with a finite loss: its
 * answers may be right and are far too sure. A loss that plain guessing would have is never spoken of.
 */
export function highLoss(
  history: readonly Metrics[],
  options: {
    readonly learningRate: number;
    readonly numClasses: number;
    /** The option that sets the rate. */
    readonly option: RateOption;
  },
): string | undefined {
  const { learningRate, numClasses, option } = options;
  const [first, last] = [history[0]?.loss, history.at(-1)?.loss];
  if (first === undefined || last === undefined) return undefined;
  const guessing = Math.log(numClasses);
  const fix = `the learning rate (${learningRate}) may be too high; try ${tenthOf(learningRate, option)}.`;
  if (last > ROSE * first && last > guessing)
    return `The training loss rose from ${shortNumber(first)} in the first epoch to ${shortNumber(last)} in the last: ${fix}`;
  if (last > WORSE_THAN_GUESSING * guessing)
    return `The training loss is ${shortNumber(last)} at the end, and plain guessing gives ${shortNumber(guessing)}: ${fix}`;
  return undefined;
}

const shortNumber = (value: number): string => String(Number(value.toPrecision(3)));
