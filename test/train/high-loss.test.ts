import type { Backend, TrainEvent, TrainOptions } from "@graft/core";
import { oneByOne, type RowStore } from "@graft/core/testing";
import { expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { madeUpFeatures, makeTraining, runTraining } from "./training-problem.ts";

const EPOCHS = { epochs: 5, batchSize: 8 } as const;
const warnings = (events: readonly TrainEvent[]) => events.filter((event) => event.type === "warning");

/** Three epochs of which the last sees images that are larger than all others by this factor. */
function wildAtLast(engine: Backend, factor: number): TrainOptions {
  const store = madeUpFeatures();
  const get: RowStore["get"] = async (space, key) => {
    const row = await store.get(space, key);
    return key.variant === 2 ? row?.map((value) => value * factor) : row;
  };
  const config = { ...EPOCHS, epochs: 3, augment: {}, variants: 3 };
  return makeTraining(engine, config, { store: oneByOne({ ...store, get }) });
}

for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu")) {
  await describeOn(candidate, (engine) => {
    it("warns when the loss ends ten times higher than it began, and not in a usual training", async () => {
      const usual = await runTraining(makeTraining(engine, EPOCHS));
      expect(warnings(usual.events)).toEqual([]);
      const { events, result } = await runTraining(wildAtLast(engine, 1e3));
      expect(result.status).toBe("completed");
      expect(warnings(events)).toMatchObject([{ code: "high-loss" }]);
      expect(warnings(events)[0]?.message).toMatch(/learning rate \(0.001\).*`learningRate: 0.0001`\./);
    });

    it("stops at a loss that nothing comes back from, finite as it is, and keeps the best epoch", async () => {
      const { result } = await runTraining(wildAtLast(engine, 1e6));
      expect(result).toMatchObject({ status: "failed", keptEpoch: 2, error: { code: "diverged" } });
      expect(result.error?.message).toMatch(/training loss has blown up.*\(`learningRate: 0\.0001`\)/);
      expect(result.model).toBeDefined();
    });
  });
}
