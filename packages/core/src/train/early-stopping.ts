import type { Metrics } from "../events/events.ts";

/** What the best epoch is chosen by: the validation loss, or the training loss where nothing is held out. */
function monitored({ loss, valLoss }: Metrics): number {
  return valLoss ?? loss ?? Number.POSITIVE_INFINITY;
}

/** The epoch (counts from 1) with the lowest monitored loss, the first of equals; 0 when there is none. */
export function bestEpoch(history: readonly Metrics[]): number {
  let best = 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (const [at, metrics] of history.entries()) {
    if (monitored(metrics) >= lowest) continue;
    lowest = monitored(metrics);
    best = at + 1;
  }
  return best;
}

/**
 * True when the last `patience` epochs brought no lower validation loss (Keras's EarlyStopping). Never without
 * validation images: a training loss that stands still says nothing about when to stop.
 */
export function shouldStop(history: readonly Metrics[], patience: number | null): boolean {
  if (patience === null || history.at(-1)?.valLoss === undefined) return false;
  return history.length - bestEpoch(history) >= patience;
}
