import type { TrainEvent } from "@graft/core";
import { expect, it } from "vitest";
import { finishedEpochs } from "./finished-epochs.ts";

const epochEnd = (seq: number, epoch: number): TrainEvent => ({
  ...{ type: "epoch-end", run: "r", seq, time: seq, epoch, epochs: 4, loss: 1, accuracy: 1, seconds: 1 },
  best: false,
});

it("counts an epoch that was done again after a kill once, as it was told last", () => {
  const killed = [1, 2, 3].map((epoch, seq) => epochEnd(seq, epoch));
  const resumed = [2, 3, 4].map((epoch, at) => epochEnd(10 + at, epoch));
  const checkpoint: TrainEvent = { type: "checkpoint", run: "r", seq: 5, time: 5, epoch: 1 };
  const told = finishedEpochs([...killed, checkpoint, ...resumed]).map(({ epoch, seq }) => [epoch, seq]);
  expect(told).toEqual([
    [1, 0],
    [2, 10],
    [3, 11],
    [4, 12],
  ]);
});
