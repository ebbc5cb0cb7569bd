import type { TrainEvent, TrainEventBody } from "@graft/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { CliEnvironment } from "../env.ts";
import { humanReporter } from "./train-reporter.ts";

let shown = "";
beforeEach(() => {
  shown = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    shown += text;
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

const environment = (interactive: boolean): CliEnvironment => ({
  ...{ home: "/home", interactive, columns: interactive ? 100 : 80, color: false, variables: {} },
});

/** Three epochs of 10 steps and 80 images: a second for each, its last tenth for the validation images. */
function* course(): Generator<TrainEvent> {
  let seq = 0;
  const at = (time: number, body: TrainEventBody): TrainEvent => ({ ...body, run: "r", seq: seq++, time });
  const images = { train: 80, validation: 20, test: 0 };
  const start = { labels: ["cats", "dogs"], images, backend: "onnx:cpu", weights: "bundled" };
  yield at(0, { type: "run-start", ...start });
  yield at(0, { type: "phase-start", phase: "head", total: 30 });
  for (let epoch = 1; epoch <= 3; epoch++) {
    for (let step = 1; step <= 10; step++)
      yield at(1000 * (epoch - 1) + 90 * step, {
        type: "step-end",
        epoch,
        step,
        steps: 10,
        loss: 0.5 / epoch,
      });
    const metrics = { loss: 0.4, accuracy: 0.9, valLoss: 0.3, valAccuracy: 0.875 };
    const end = { epoch, epochs: 3, seconds: 1, best: true } as const;
    yield at(1000 * epoch, { type: "epoch-end", ...metrics, ...end });
  }
}

it("shows on a terminal which epoch of how many, the loss, the last validation, the pace and the time left", async () => {
  const reporter = humanReporter(environment(true), { epochs: 3, onUnread: () => undefined });
  for (const event of course()) {
    reporter.event(event);
    // a line is not redrawn at once
    if (event.type === "step-end" && event.step === 5) await new Promise((wake) => setTimeout(wake, 60));
  }
  reporter.close();
  const lines = shown.replaceAll("\r\u001b[2K", "\n").split("\n");
  expect(lines).toContainEqual(
    expect.stringMatching(/epoch 1\/3 · loss 0\.5000 · \d+ images\/s · ETA 0:0[23]/),
  );
  const second = lines.find((line) => line.includes("epoch 2/3 "));
  expect(second).toMatch(/^[█░]+ epoch 2\/3 · loss 0\.2500 · val 87\.5 % · \d+ images\/s · ETA 0:0[12]$/);
  expect(Number(/(\d+) images/.exec(second ?? "")?.[1])).toBeCloseTo(80, -1);
});

it("prints a line an epoch and nothing else of it where there is no terminal", () => {
  const reporter = humanReporter(environment(false), { epochs: 3, onUnread: () => undefined });
  for (const event of course()) reporter.event(event);
  reporter.close();
  const lines = shown.trimEnd().split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[0]).toContain("2 classes, 80 images");
  expect(lines.slice(1)).toEqual([1, 2, 3].map((epoch) => expect.stringContaining(`Epoch ${epoch}/3 `)));
});
