import type { ErrorCode, TrainEventBody } from "@graft/core";
import { describe, expect, it } from "vitest";
import { digested, EMPTY_DIGEST, type RunDigest } from "./digest.ts";

const digestOf = (bodies: readonly TrainEventBody[]): RunDigest =>
  bodies.reduce(
    (digest, body, seq) => digested(digest, { ...body, run: "r", seq, time: 10 * seq }),
    EMPTY_DIGEST,
  );

const phase = (name: "scan" | "features" | "head", total?: number): TrainEventBody => ({
  ...{ type: "phase-start", phase: name },
  ...(total === undefined ? {} : { total }),
});
const seen = (done: number): TrainEventBody => ({
  ...{ type: "progress", phase: "features", done, total: 9, unit: "images" },
});
const gone = (code: ErrorCode = "backend"): TrainEventBody => ({
  ...{ type: "run-end", status: "interrupted", epochs: 0, seconds: 1, backend: "" },
  error: { name: "CoreError", code, message: "gone", facts: {} },
});
const note = (message: string): TrainEventBody => ({ type: "note", code: "weights", message });

describe("what a run's events come to", () => {
  it("is how far each phase of the newest attempt is", () => {
    const digest = digestOf([
      ...[phase("scan"), phase("features", 9), seen(4), gone()],
      ...[phase("scan"), phase("features", 9), seen(9), phase("head", 20)],
      { type: "epoch-end", epoch: 1, epochs: 20, loss: 1, accuracy: 1, seconds: 1, best: true },
    ] as const);
    expect(digest.phases).toEqual([
      { phase: "scan", startedAt: 40, endedAt: 50, done: 0, total: 0, unit: null },
      { phase: "features", startedAt: 50, endedAt: 70, done: 9, total: 9, unit: "images" },
      { phase: "head", startedAt: 70, endedAt: null, done: 1, total: 20, unit: "epochs" },
    ]);
    expect(digest).toMatchObject({ epoch: 1, epochs: 20, bestEpoch: 1, end: null, lastSeq: 8 });
  });

  it("has each note once", () => {
    const { notes } = digestOf([note("one"), note("two"), note("one")]);
    expect(notes.map(({ message }) => message)).toEqual(["one", "two"]);
  });

  it("counts workers that were lost since something was kept", () => {
    const start = phase("scan");
    expect(digestOf([start, gone(), start, gone()]).lost).toBe(2);
    // a stop by the owner is none, and neither is what had no worker
    expect(digestOf([start, gone("cancelled"), gone()]).lost).toBe(1);
    expect(digestOf([start, gone(), start, { type: "checkpoint", epoch: 1 }]).lost).toBe(0);
    expect(digestOf([start, seen(4), gone(), start, seen(4), gone()]).lost).toBe(2);
    expect(digestOf([start, seen(4), gone(), start, seen(5), gone()]).lost).toBe(1);
  });
});
