import { CoreError } from "../errors.ts";
import type { OptimizerName } from "../graph/optimizer.ts";

/** The option that sets a phase's learning rate. */
export type RateOption = "learningRate" | "fineTuneLearningRate";

/** Where a loss stopped being a number. */
export interface DivergedAt {
  readonly loss: number;
  readonly epoch: number;
  /** Updates since the start of the run. */
  readonly step: number;
  /** What was asked for, whatever a schedule made of it. */
  readonly learningRate: number;
  /** The option that sets it. */
  readonly option: RateOption;
  readonly optimizer: OptimizerName;
  /** Which loss. */
  readonly of: "training" | "validation";
}

/** Nats: the right class has a chance of e⁻¹⁰⁰⁰⁰, which no training comes back from. */
const BLOWN_UP = 10_000;

/** True for a loss that is no number any more, or as good as none. */
export const isBlownUp = (loss: number): boolean => !(loss <= BLOWN_UP);

/** "`learningRate: 0.01`": the words for a tenth of a rate. */
export const tenthOf = (learningRate: number, option: RateOption): string =>
  `\`${option}: ${Number((learningRate / 10).toPrecision(3))}\``;

/** Optimisers whose steps do not grow with the gradient. */
const STEADY: readonly OptimizerName[] = ["adam", "adamw"];

/** The error of a run whose loss is not a finite number, or as good as none. */
export function divergedError(at: DivergedAt): CoreError {
  const { loss, epoch, step, learningRate, option, of, optimizer } = at;
  const isNumber = Number.isFinite(loss);
  const lower = `a tenth of the learning rate (${tenthOf(learningRate, option)})`;
  const steadier = STEADY.includes(optimizer) ? "" : `, adam in place of ${optimizer}`;
  return new CoreError(
    "diverged",
    {
      what: isNumber ? `The ${of} loss has blown up.` : `The ${of} loss is no longer a finite number.`,
      received: `${loss} at step ${step} (epoch ${epoch}) with learning rate ${learningRate}`,
      expected: isNumber ? `at most ${BLOWN_UP}` : "a finite loss",
      fix: `Try ${lower}${steadier}, or larger batches.`,
    },
    { facts: { loss: String(loss), epoch, step, learningRate } },
  );
}
