import type { EpochEndEvent, Phase, StepEndEvent, TrainEvent } from "@graft/core";
import { thinned } from "./thin.ts";

/** Where a point stands: whole epochs and, of a step, the share of the one that goes on. */
export interface StepPoint {
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

export type EpochPoint = Pick<
  EpochEndEvent,
  "epoch" | "loss" | "accuracy" | "valLoss" | "valAccuracy" | "best" | "seconds"
>;

/** Of one phase that learns. */
export interface PhaseCurve {
  readonly phase: Phase;
  /** The last epoch there may be. */
  readonly epochs: number;
  readonly stepPoints: readonly StepPoint[];
  readonly epochPoints: readonly EpochPoint[];
  /** How many there are; the lists have fewer where these are too many. */
  readonly numSteps: number;
  readonly numEpochs: number;
}

/** What a run's events draw. One that was gone on with tells some epochs again: the last word counts. */
export class CurveDrawing {
  #phase: Phase = "head";
  readonly #epochs = new Map<Phase, number>();
  readonly #stepsOf = new Map<Phase, StepPoint[]>();
  readonly #epochsOf = new Map<Phase, EpochPoint[]>();

  add(event: TrainEvent): void {
    if (event.type === "phase-start" && isLearning(event.phase)) this.#phase = event.phase;
    else if (event.type === "run-start") this.#goOnFrom(event.resumedFromEpoch ?? 0);
    else if (event.type === "step-end") this.#addStep(event);
    else if (event.type === "epoch-end") this.#addEpoch(event);
  }

  /** @param most points of each list; at least 10. */
  phases(most: number): readonly PhaseCurve[] {
    return (["head", "fine-tune"] as const).flatMap((phase) => {
      const steps = this.#stepsOf.get(phase) ?? [];
      const epochs = this.#epochsOf.get(phase) ?? [];
      if (steps.length + epochs.length === 0) return [];
      const shownSteps = thinned(steps.length, [(place) => steps[place]?.loss], most);
      const lines = (["loss", "accuracy", "valLoss", "valAccuracy"] as const).map(
        (key) => (place: number) => epochs[place]?.[key],
      );
      const shownEpochs = thinned(epochs.length, lines, most);
      return [
        {
          ...{
            phase,
            epochs: this.#epochs.get(phase) ?? 0,
            numSteps: steps.length,
            numEpochs: epochs.length,
          },
          stepPoints: shownSteps.flatMap((place) => steps[place] ?? []),
          epochPoints: shownEpochs.flatMap((place) => epochs[place] ?? []),
        },
      ];
    });
  }

  /** What was told of later epochs is told again. A begun epoch's steps are kept with it, and their points stay. */
  #goOnFrom(epoch: number): void {
    for (const [phase, points] of this.#epochsOf)
      this.#epochsOf.set(
        phase,
        points.filter((point) => point.epoch <= epoch),
      );
    for (const [phase, points] of this.#stepsOf)
      this.#stepsOf.set(
        phase,
        points.filter((point) => point.epoch <= epoch + 1),
      );
  }

  #addStep({ epoch, epochs, step, steps, loss }: StepEndEvent): void {
    this.#epochs.set(this.#phase, epochs);
    const points = this.#stepsOf.get(this.#phase) ?? [];
    this.#stepsOf.set(this.#phase, points);
    // told again: all that comes after is, too
    while (isFrom(points.at(-1), epoch, step)) points.pop();
    points.push({ epoch, step, steps, loss });
  }

  #addEpoch({ epoch, epochs, loss, accuracy, valLoss, valAccuracy, best, seconds }: EpochEndEvent): void {
    this.#epochs.set(this.#phase, epochs);
    const points = this.#epochsOf.get(this.#phase) ?? [];
    this.#epochsOf.set(this.#phase, points);
    while ((points.at(-1)?.epoch ?? 0) >= epoch) points.pop();
    points.push({
      ...{ epoch, loss, accuracy, best, seconds },
      ...(valLoss === undefined ? {} : { valLoss }),
      ...(valAccuracy === undefined ? {} : { valAccuracy }),
    });
  }
}

const isLearning = (phase: Phase): boolean => phase === "head" || phase === "fine-tune";

const isFrom = (point: StepPoint | undefined, epoch: number, step: number): boolean =>
  point !== undefined && (point.epoch > epoch || (point.epoch === epoch && point.step >= step));
