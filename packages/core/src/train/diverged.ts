import { CoreError } from "../errors.ts";

/** Where a loss stopped being a number. */
interface DivergedAt {
  readonly loss: number;
  readonly epoch: number;
  /** Updates since the start of the run. */
  readonly step: number;
  /** What was asked for, whatever a schedule made of it. */
  readonly learningRate: number;
  /** What sets it. */
  readonly flag: string;
  /** Which loss. */
  readonly of: "training" | "validation";
}

/** Nats: the right class has a chance of e⁻¹⁰⁰⁰⁰, which no training comes back from. */
const BLOWN_UP = 10_000;

/** True for a loss that is no number any more, or as good as none. */
export const isBlownUp = (loss: number): boolean => !(loss <= BLOWN_UP);

/** The error of a run whose loss is not a finite number. */
export function divergedError(at: DivergedAt): CoreError {
  const { loss, epoch, step, learningRate, flag, of } = at;
  return new CoreError(
    "diverged",
    {
      what: Number.isFinite(loss)
        ? `The ${of} loss has blown up.`
        : `The ${of} loss is no longer a finite number.`,
      received: `${loss} at step ${step} (epoch ${epoch}) with learning rate ${learningRate}`,
      expected: "a finite loss",
      fix: `Try a tenth of the learning rate (${flag} ${Number((learningRate / 10).toPrecision(3))}), adam in place of another optimizer, or larger batches.`,
    },
    { facts: { loss: String(loss), epoch, step, learningRate } },
  );
}
