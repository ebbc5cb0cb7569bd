import type { EpochEndEvent, TrainEvent } from "@graft/core";

/** Each epoch that a run finished, in their order. One that was done twice, after a kill, counts once: as it was told last. */
export function finishedEpochs(events: readonly TrainEvent[]): readonly EpochEndEvent[] {
  const epochs = new Map<number, EpochEndEvent>();
  for (const event of events) if (event.type === "epoch-end") epochs.set(event.epoch, event);
  return [...epochs.values()].sort((a, b) => a.epoch - b.epoch);
}
