import { createOnnxBackend } from "@graft/backend-select";
import { type Tail, tailOf } from "@graft/core";
import { beforeAll, describe, expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { describeFineTune, FINE_TUNE_TOLERANCE, goldenCase } from "./describe-fine-tune.ts";
import { departures, type FineTuneCase, type FineTuned, fineTune, goldenFeatures } from "./fine-tune.ts";
import { FINE_TUNE_GOLDEN } from "./golden.ts";

/** Interpreters of the graph in JavaScript: exact, and minutes for one step. */
const TOO_SLOW = ["reference:cpu", "tfjs:cpu"];

for (const candidate of TEST_BACKENDS)
  if (!TOO_SLOW.includes(candidate.id)) await describeFineTune(candidate);

let golden: FineTuneCase;
beforeAll(async () => {
  golden = await goldenCase();
});

describe("the test would notice", async () => {
  const tune = async (changed: Tail): Promise<FineTuned> => {
    await using backend = await createOnnxBackend({ provider: "cpu" });
    return await fineTune(backend, { ...golden, tail: changed });
  };
  const only = (part: string): Tail => ({
    ...golden.tail,
    trainable: new Set([...golden.tail.trainable].filter((name) => name.endsWith(part))),
  });

  it("a tail that does not train", async () => {
    const found = departures(
      await tune({ ...golden.tail, trainable: new Set() }),
      FINE_TUNE_TOLERANCE.cpu,
    ).join();
    expect(found).toMatch(/loss of step 3/);
    expect(found).toMatch(/change of Conv2D_51: 0,.*change of BatchNormalization_70: 0,/s);
  });

  it("betas that do not train", async () => {
    const found = departures(await tune(only("/kernel")), FINE_TUNE_TOLERANCE.cpu).join();
    expect(found).toMatch(/change of BatchNormalization_51: 0,.*change of BatchNormalization_70: 0,/s);
  });

  it("kernels that do not train", async () => {
    const found = departures(await tune(only("/beta")), FINE_TUNE_TOLERANCE.cpu).join();
    expect(found).toMatch(/change of Conv2D_51: 0,.*change of Conv2D_70: 0,/s);
  });
});

describe("fine-tuning from any layer trains what a loop over Keras's layers trains", () => {
  it.each(FINE_TUNE_GOLDEN)("from $from up to $cut", async ({ from, cut, losses, changes }) => {
    await using backend = await createOnnxBackend({ provider: "cpu" });
    const other = tailOf(from, cut);
    const { weights } = golden;
    const rows = await goldenFeatures(backend, weights, other.base);
    const options = { tail: other, weights, features: rows, steps: losses.length, batch: 4 };
    const tuned = await fineTune(backend, options);
    expect([...other.trainable].sort()).toEqual(Object.keys(changes).sort());
    for (const [step, loss] of losses.entries())
      expect(Math.abs((tuned.losses[step] ?? Number.NaN) / loss - 1), `step ${step + 1}`).toBeLessThan(3e-4);
    for (const [name, change] of Object.entries(changes))
      expect(Math.abs((tuned.changes.get(name) ?? Number.NaN) / change - 1), name).toBeLessThan(0.01);
  });
});
