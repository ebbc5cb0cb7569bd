import { describe, expect, it } from "vitest";
import { createCheckpointPace } from "../checkpoint/pace.ts";
import { CoreError } from "../errors.ts";
import { initialHeadValues } from "../head/initial-values.ts";
import { COLUMNS, makeRows, type Outcome, SPEC, trained } from "./testing-epochs.ts";

const history = ({ events }: Outcome) => events.filter((event) => event.type === "epoch-end");

describe("trainEpochs", () => {
  it("does not wait for a disk that is slower than its epochs, and goes on from what was saved", async () => {
    const released: (() => void)[] = [];
    const slow = await trained(
      {},
      {
        // the first save takes three epochs, the next one the rest of the training
        disk: () => new Promise((resolve) => released.push(resolve)),
        onEvent: (event) => {
          if (event.type !== "epoch-end" || ![3, 6].includes(event.epoch)) return;
          released.shift()?.();
          // the phase's end is not kept waiting
          if (event.epoch === 6) setTimeout(() => released.shift()?.(), 10);
        },
      },
    );
    expect(slow.all.map(({ epoch, partial }) => [epoch, partial?.step])).toEqual([
      [0, 1],
      [3, undefined],
      [6, undefined],
    ]);
    const undisturbed = await trained({});
    expect(history(slow)).toMatchObject(history(undisturbed).map(({ seq: _, ...event }) => event));
    expect((await trained({}, { start: slow.all[1] })).all.at(-1)).toEqual(undisturbed.all.at(-1));
  });

  it("tells of steps as often as its events may come", async () => {
    const steps = ({ events }: Outcome) => events.filter(({ type }) => type === "step-end").length;
    // three steps an epoch, six epochs
    expect(steps(await trained({}, { intervalMs: 0 }))).toBe(18);
    expect(steps(await trained({}, { intervalMs: 250 }))).toBe(1);
  });

  it("saves the last step of a run that is cancelled while the disk is behind", async () => {
    const controller = new AbortController();
    const released: (() => void)[] = [];
    const { all, error } = await trained(
      {},
      {
        disk: () => new Promise((resolve) => released.push(resolve)),
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type !== "epoch-end" || event.epoch !== 3) return;
          controller.abort();
          for (const wait of [0, 10, 20, 30]) setTimeout(() => released.shift()?.(), wait);
        },
      },
    );
    expect(error?.code).toBe("cancelled");
    expect(all.map(({ epoch, partial }) => [epoch, partial?.step])).toEqual([
      [0, 1],
      [3, undefined],
    ]);
    const undisturbed = await trained({});
    expect((await trained({}, { start: all[1] })).all.at(-1)).toEqual(undisturbed.all.at(-1));
  });

  it("takes a checkpoint when 30 seconds of work would be lost, and none in a shorter training", async () => {
    let time = 0;
    const pace = () => createCheckpointPace({ clock: () => time });
    const short = await trained({}, { pace: pace() });
    // only how it ended, for which its weights and slots are of no use any more
    expect(short.all.map(({ epoch, parameters }) => [epoch, parameters.size])).toEqual([[6, 0]]);
    const long = await trained(
      {},
      {
        pace: pace(),
        onEvent: (event) => {
          if (event.type === "epoch-end") time += 12_000;
        },
      },
    );
    expect(long.all.map(({ epoch, partial }) => [epoch, partial])).toEqual([
      [3, null],
      [6, null],
    ]);
    expect(long.all.map(({ parameters }) => parameters.size > 0)).toEqual([true, false]);
    const told = long.events.flatMap((event) => (event.type === "checkpoint" ? [event.epoch] : []));
    expect(told).toEqual([3]);
    for (const start of long.all) {
      const resumed = await trained({}, { start });
      expect(history(resumed).map(({ epoch }) => epoch)).toEqual(
        [1, 2, 3, 4, 5, 6].filter((epoch) => epoch > start.epoch),
      );
      expect(resumed.all.at(-1)?.history ?? start.history).toEqual(short.all[0]?.history);
    }
  });

  it("says that the interval grows where two checkpoints took long to be written, once", async () => {
    let time = 0;
    const { events, all } = await trained(
      { epochs: 30 },
      {
        pace: createCheckpointPace({ clock: () => time }),
        disk: async () => {
          time += 4000;
        },
        onEvent: (event) => {
          if (event.type === "epoch-end") time += 10_000;
        },
      },
    );
    const warnings = events.filter((event) => event.type === "warning");
    expect(warnings).toMatchObject([{ code: "slow-checkpoints" }]);
    expect(warnings[0]?.message).toBe(
      "A checkpoint takes 4.0 s to write here, so graft writes one every 84 s: if the run is killed, up to that much work is lost.",
    );
    // 30 s less the 4 that it takes, then 84 s less 4
    expect(all.map(({ epoch }) => epoch)).toEqual([3, 6, 14, 22, 30]);
  });

  it("saves its last step when the images of an epoch cannot be had any more", async () => {
    const failure = new CoreError("not-found", { what: "The disk was taken away." });
    const { all, error } = await trained({}, { pace: createCheckpointPace(), goneFrom: 4, failure });
    expect(error).toBe(failure);
    expect(all.map(({ epoch, partial }) => [epoch, partial])).toEqual([[3, null]]);
    // what the engine or the disk failed at is not asked of them again
    for (const code of ["backend", "disk-full"] as const) {
      const other = new CoreError(code, { what: "No." });
      expect((await trained({}, { pace: createCheckpointPace(), goneFrom: 4, failure: other })).all).toEqual(
        [],
      );
    }
  });

  it("is the same twice and learns", async () => {
    const [one, two] = [await trained({}), await trained({})];
    expect(two).toEqual(one);
    const losses = history(one).map(({ valLoss }) => valLoss ?? Number.NaN);
    expect(losses).toHaveLength(6);
    expect(losses[5]).toBeLessThan(losses[0] ?? 0);
    expect(history(await trained({ seed: 2 }))).not.toEqual(history(one));
  });

  it.each(["adam", "rmsprop", "sgd"] as const)(
    "goes on from the checkpoint of any epoch as if it had never stopped, with %s",
    async (optimizer) => {
      const input = { optimizer, momentum: optimizer === "sgd" ? 0.9 : 0 };
      const whole = await trained(input);
      for (const start of whole.saved) {
        const resumed = await trained(input, { start });
        const later = (outcome: Outcome) =>
          history(outcome)
            .filter(({ epoch }) => epoch > start.epoch)
            .map(({ seq: _, ...event }) => event);
        expect(later(resumed)).toEqual(later(whole));
        if (start.epoch < 6) expect(resumed.saved.at(-1)).toEqual(whole.saved.at(-1));
      }
    },
  );

  it("counts epochs and steps, the last batch smaller", async () => {
    const { saved } = await trained({ epochs: 2 });
    expect(saved.map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 3],
      [2, 6],
    ]);
  });

  it("keeps the epoch of the lowest validation loss", async () => {
    const { saved, events } = await trained({ learningRate: 3, optimizer: "sgd", epochs: 8 });
    const losses = saved.at(-1)?.history.map(({ valLoss }) => valLoss ?? Number.NaN) ?? [];
    const lowest = losses.indexOf(Math.min(...losses)) + 1;
    expect(saved.at(-1)?.best?.epoch).toBe(lowest);
    const kernel = saved[lowest - 1]?.parameters.get("predictions/kernel");
    expect(saved.at(-1)?.best?.values.get("predictions/kernel")).toEqual(kernel);
    expect([...(saved.at(-1)?.best?.values.keys() ?? [])]).toEqual([
      "predictions/kernel",
      "predictions/bias",
    ]);
    const marked = events.flatMap((event) => (event.type === "epoch-end" && event.best ? [event.epoch] : []));
    expect(marked.at(-1)).toBe(lowest);
  });

  it("stops when patience is over, and not again when it is resumed", async () => {
    const input = { learningRate: 3, optimizer: "sgd", epochs: 40, earlyStop: 2 } as const;
    const { saved } = await trained(input);
    const last = saved.at(-1);
    expect(last?.epoch).toBeLessThan(40);
    expect((last?.epoch ?? 0) - (last?.best?.epoch ?? 0)).toBe(2);
    expect(history(await trained(input, { start: last }))).toEqual([]);
  });

  it("weighs classes in the loss as Keras does: weighted sum over the number of images", async () => {
    // one batch, no dropout, no step length: the loss is that of the initial weights
    const spec = { ...SPEC, dropout: 0 };
    const training = [0, 0, 0, 1];
    const input = { epochs: 1, batchSize: 4, optimizer: "sgd", learningRate: 1e-9, momentum: 0 } as const;
    const values = initialHeadValues(spec, [COLUMNS], 1);
    const kernel = values.get("predictions/kernel") ?? new Float32Array();
    const features = new Float32Array(4 * COLUMNS);
    await makeRows(0, training).table.read([0, 1, 2, 3], features);
    const losses = training.map((label, row) => {
      const logits = [0, 1].map((unit) =>
        Array.from(
          { length: COLUMNS },
          (_, i) => (features[row * COLUMNS + i] ?? 0) * (kernel[i * 2 + unit] ?? 0),
        ).reduce((sum, value) => sum + value, 0),
      );
      return Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0)) - (logits[label] ?? 0);
    });
    const mean = (weights: readonly number[]): number =>
      losses.reduce((sum, loss, row) => sum + loss * (weights[training[row] ?? 0] ?? 0), 0) / 4;
    const lossOf = (outcome: Outcome): number => history(outcome)[0]?.loss ?? Number.NaN;
    expect(lossOf(await trained(input, { training, spec }))).toBeCloseTo(mean([1, 1]), 6);
    const balanced = await trained({ ...input, classWeights: "balanced" }, { training, spec });
    expect(lossOf(balanced)).toBeCloseTo(mean([4 / 6, 2]), 6);
  });

  it("ends with `diverged` when a loss is no number, naming step and learning rate, the epochs before saved", async () => {
    const { error, saved } = await trained({}, { brokenFrom: 3 });
    expect(error?.code).toBe("diverged");
    expect(error?.message).toContain("step 7 (epoch 3) with learning rate 0.05");
    expect(error?.message).toContain("0.005");
    expect(saved.map(({ epoch }) => epoch)).toEqual([1, 2]);
  });

  it("stops after the running step when it is cancelled, the last whole epoch saved", async () => {
    const controller = new AbortController();
    const { error, saved } = await trained(
      {},
      {
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === "epoch-end" && event.epoch === 3) controller.abort();
        },
      },
    );
    expect(error?.code).toBe("cancelled");
    expect(saved.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  });
});
