import type { TrainEvent, TrainEventBody } from "@graft/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { CliEnvironment } from "../environment/env.ts";
import { StatusLine } from "./status-line.ts";
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

const environment = (interactive: boolean, columns = interactive ? 100 : 80): CliEnvironment => ({
  ...{ home: "/home", interactive, columns, color: false, variables: {} },
});

/** Shows events as if each came at its own time. */
function playing(given: CliEnvironment) {
  let time = 0;
  const reporter = humanReporter(given, { onUnread: () => undefined, clock: () => time });
  return {
    event(event: TrainEvent): void {
      ({ time } = event);
      reporter.event(event);
    },
    close: () => reporter.close(),
  };
}

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
        epochs: 3,
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
  const reporter = playing(environment(true));
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
  const reporter = playing(environment(false));
  for (const event of course()) reporter.event(event);
  reporter.close();
  const lines = shown.trimEnd().split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[0]).toContain("2 classes, 80 images");
  expect(lines.slice(1)).toEqual([1, 2, 3].map((epoch) => expect.stringContaining(`Epoch ${epoch}/3 `)));
});

/** The longest of everything: 20,000 images on their way, a head of 100 epochs whose validation is perfect. */
function* longCourse(): Generator<TrainEvent> {
  let seq = 0;
  const at = (time: number, body: TrainEventBody): TrainEvent => ({ ...body, run: "r", seq: seq++, time });
  const images = { train: 16_000, validation: 4000, test: 0 };
  const start = { labels: ["cats", "dogs"], images, backend: "onnx:cpu", weights: "bundled" };
  yield at(0, { type: "run-start", ...start });
  yield at(0, { type: "phase-start", phase: "features", total: 20_000 });
  for (const done of [8000, 10_000])
    yield at(done * 10, { ...{ type: "progress", phase: "features", unit: "images" }, done, total: 20_000 });
  yield at(100_000, { type: "phase-start", phase: "head", total: 100 });
  const metrics = { loss: 0.1234, accuracy: 1, valLoss: 0.2345, valAccuracy: 1 };
  const end = { epoch: 99, epochs: 100, seconds: 725, best: true } as const;
  yield at(200_000, { type: "epoch-end", ...metrics, ...end });
  yield at(200_500, { type: "step-end", epoch: 100, epochs: 100, step: 5, steps: 500, loss: 0.4321 });
}

/** What stood on the screen, one state after the other. */
function linesIn(columns: number): string[] {
  const reporter = playing(environment(true, columns));
  // no line is held back because the one before was drawn a moment ago
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += 1000;
    return now;
  });
  for (const event of longCourse()) reporter.event(event);
  reporter.close();
  const lines = shown.replaceAll("\r\u001b[2K", "\n").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("Run r"));
}

it("fits 80 columns with an epoch's line, the features' progress and the head's, none of them cut", () => {
  const lines = linesIn(80);
  for (const line of lines) expect(line.length, line).toBeLessThan(80);
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^Computing features {2}[█░]+ {2}10000\/20000 images {2}100 images\/s {2}1 min 40 s left$/,
    ),
  );
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^Epoch {2}99\/100 {2}loss 0\.1234 {2}100\.0 % {3}val\S* 0\.2345 {2}100\.0 % {2}12 min 05 s {2}best$/,
    ),
  );
  expect(lines).toContainEqual(expect.stringMatching(/epoch 100\/100 · loss 0\.4321 · .* · ETA [\d:]+$/));
});

it("keeps what matters on a narrow terminal", () => {
  expect(linesIn(60)).toContainEqual("Computing features  10000/20000 images  1 min 40 s left");
});

it("begins a line that stays on a clean line, whatever the terminal echoed there", () => {
  new StatusLine(environment(true)).print("Stopping");
  expect(shown).toBe("\r\u001b[2KStopping\n");
  shown = "";
  new StatusLine(environment(false)).print("Stopping");
  expect(shown).toBe("Stopping\n");
});

it("counts a fine-tuning's epochs on, with a pace and a time left of its own", () => {
  const reporter = playing(environment(true));
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += 1000;
    return now;
  });
  for (const event of course()) reporter.event(event);
  shown = "";
  const at = (time: number, body: TrainEventBody): TrainEvent => ({ ...body, run: "r", seq: 0, time });
  reporter.event(at(10_000, { type: "phase-start", phase: "fine-tune", total: 20 }));
  for (const step of [1, 2, 5])
    reporter.event(
      at(10_000 + step * 1000, { type: "step-end", epoch: 4, epochs: 5, step, steps: 10, loss: 0.1 }),
    );
  reporter.close();
  // 8 images a second: half an epoch of 80 is done, one and a half are left
  expect(shown).toContain("epoch 4/5 · loss 0.1000 · 8 images/s · ETA 0:15");
});

it("tells how long a phase took by a clock that never goes back, whatever the events' times say", () => {
  let now = 0;
  const reporter = humanReporter(environment(false), { onUnread: () => undefined, clock: () => now });
  const at = (time: number, body: TrainEventBody): TrainEvent => ({ ...body, run: "r", seq: 0, time });
  reporter.event(at(3_600_000, { type: "phase-start", phase: "features", total: 100 }));
  now = 5000;
  const progress = { type: "progress", phase: "features", done: 100, total: 100, unit: "images" } as const;
  reporter.event(at(3400, progress));
  expect(shown).toContain("Computing features: 100/100 images in 5.0 s");
});
