import type { Backend } from "@graft/core";
import { createReferenceBackend } from "@graft/core/testing";
import { describe, expect, it } from "vitest";
import { expectClose } from "./close.ts";
import { type TrainingOptions, type TrainingResult, train } from "./training-problem.ts";

const whole = Number.POSITIVE_INFINITY;
/** A few steps of Adam move weights by lr · sign where gradients are tiny, so errors of one op grow. */
const GROWTH = 100;

function expectSame(actual: TrainingResult, expected: TrainingResult, tolerance: number): void {
  expectClose(actual.losses, expected.losses, tolerance);
  expectClose(actual.evaluated, expected.evaluated, tolerance);
  expect([...actual.weights.keys()]).toEqual([...expected.weights.keys()]);
  for (const [name, value] of expected.weights) expectClose(actual.weights.get(name), value, tolerance);
}

/** Trainings on one state by two programs: the last batch smaller, evaluation by another graph. */
export function trainingContract(backend: Backend, tolerance: number): void {
  const cases: readonly TrainingOptions[] = [
    { model: "head", optimizer: "rmsprop", units: 1, blockBytes: whole },
    { model: "head", optimizer: "adam", units: 3, blockBytes: whole },
    { model: "head", optimizer: "sgd", units: 3, blockBytes: whole },
    { model: "tail", optimizer: "rmsprop", units: 1, blockBytes: whole },
    { model: "tail", optimizer: "adam", units: 2, blockBytes: whole },
  ];
  describe("trains as the reference does", () => {
    it.each(cases)("$model, $optimizer, $units units", async (options) => {
      const expected = await train(createReferenceBackend(), options);
      expectSame(await train(backend, options), expected, tolerance * GROWTH);
    });

    it("whether a weight is whole or cut into blocks, the last one smaller", async () => {
      const options: TrainingOptions = { model: "head", optimizer: "rmsprop", units: 1, blockBytes: whole };
      const expected = await train(backend, options);
      // 150 rows of 16 columns in pieces of at most 40 rows
      const blocked = await train(backend, { ...options, blockBytes: 40 * 16 * 4 });
      expectSame(blocked, expected, tolerance * GROWTH);
    });

    it("to the same bits, run after run", async () => {
      const options: TrainingOptions = { model: "tail", optimizer: "adam", units: 2, blockBytes: whole };
      const [first, second] = [await train(backend, options), await train(backend, options)];
      expect(second).toEqual(first);
    });
  });
}
