import { CoreError } from "../errors.ts";

/** Where a loss stopped being a number. */
interface DivergedAt {
  readonly loss: number;
  readonly epoch: number;
  /** Updates since the start of the run. */
  readonly step: number;
  readonly learningRate: number;
  /** Which loss. */
  readonly of: "training" | "validation";
}

/** The error of a run whose loss is not a finite number. */
export function divergedError(at: DivergedAt): CoreError {
  const { loss, epoch, step, learningRate, of } = at;
  return new CoreError(
    "diverged",
    {
      what: `The ${of} loss is no longer a finite number.`,
      received: `${loss} at step ${step} (epoch ${epoch}) with learning rate ${learningRate}`,
      expected: "a finite loss",
      fix: `Try a tenth of the learning rate (${Number((learningRate / 10).toPrecision(3))}), adam in place of another optimizer, or larger batches.`,
    },
    { facts: { loss: String(loss), epoch, step, learningRate } },
  );
}
