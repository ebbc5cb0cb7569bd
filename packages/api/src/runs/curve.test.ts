import type { TrainEvent, TrainEventBody } from "@graft/core";
import { describe, expect, it } from "vitest";
import { CurveDrawing } from "./curve.ts";

function drawn(bodies: readonly TrainEventBody[], most = 100) {
  const drawing = new CurveDrawing();
  for (const [seq, body] of bodies.entries()) {
    const event: TrainEvent = { ...body, run: "r", seq, time: seq };
    drawing.add(event);
  }
  return drawing.phases(most);
}

const start = (resumedFromEpoch?: number): TrainEventBody => ({
  ...{ type: "run-start", labels: ["a", "b"], images: { train: 4, validation: 1, test: 0 } },
  ...{ backend: "onnx:cpu", weights: "bundled" },
  ...(resumedFromEpoch === undefined ? {} : { resumedFromEpoch }),
});
const phase = (name: "head" | "fine-tune"): TrainEventBody => ({ type: "phase-start", phase: name });
const step = (epoch: number, at: number, loss: number): TrainEventBody => ({
  ...{ type: "step-end", epoch, epochs: 9, step: at, steps: 4, loss },
});
const end = (epoch: number, loss: number): TrainEventBody => ({
  ...{ type: "epoch-end", epoch, epochs: 9, loss, accuracy: 0.5, valLoss: loss, seconds: 1, best: true },
});

describe("the curves of a run", () => {
  it("have what was told last of a run that was gone on with", () => {
    const before = [
      start(),
      phase("head"),
      step(1, 2, 3),
      end(1, 2),
      step(2, 2, 1.5),
      end(2, 1),
      step(3, 2, 0.9),
    ];
    // a checkpoint after the second step of the second epoch
    const after = [start(1), phase("head"), step(2, 3, 1.4), end(2, 1), end(3, 0.5)];
    const [head] = drawn([...before, ...after]);
    expect(head?.stepPoints.map(({ epoch, step, loss }) => [epoch, step, loss])).toEqual([
      [1, 2, 3],
      [2, 2, 1.5],
      [2, 3, 1.4],
    ]);
    expect(head?.epochPoints.map(({ epoch, loss }) => [epoch, loss])).toEqual([
      [1, 2],
      [2, 1],
      [3, 0.5],
    ]);
  });

  it("are apart for the head and the tail, and forgotten where a run began anew", () => {
    const phases = drawn([
      ...[start(), phase("head"), end(1, 9), end(2, 8)],
      ...[start(), phase("head"), end(1, 2), phase("fine-tune"), end(2, 1)],
    ]);
    expect(phases.map(({ phase, epochPoints }) => [phase, epochPoints.map(({ loss }) => loss)])).toEqual([
      ["head", [2]],
      ["fine-tune", [1]],
    ]);
  });

  it("are thinned, and say how many there were", () => {
    const steps = Array.from({ length: 10_000 }, (_, at) => step(1 + at, 1, at === 5555 ? 99 : 1));
    const [head] = drawn([start(), phase("head"), ...steps], 50);
    expect(head?.numSteps).toBe(10_000);
    expect(head?.stepPoints.length).toBeLessThanOrEqual(50);
    expect(Math.max(...(head?.stepPoints ?? []).map(({ loss }) => loss))).toBe(99);
  });
});
