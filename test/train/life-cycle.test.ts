import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Checkpoint, CoreError, type Dataset, preparedBy, type TrainEvent, train } from "@graft/core";
import { openCheckpointStore } from "@graft/core/node";
import { oneByOne } from "@graft/core/testing";
import { expect, it, vi } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { countHeld } from "./count-held.ts";
import { randomTrunkWeights } from "./random-trunk.ts";
import {
  digestsOf,
  EVERY_STEP,
  madeUpFeatures,
  makeDataset,
  makeSplit,
  makeTraining,
  memoryCheckpoints,
  runTraining,
} from "./training-problem.ts";

const EPOCHS = { epochs: 5, batchSize: 8 } as const;
const types = (events: readonly TrainEvent[]): string[] => [...new Set(events.map(({ type }) => type))];
const warnings = (events: readonly TrainEvent[]) => events.filter((event) => event.type === "warning");

for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu")) {
  await describeOn(candidate, (engine) => {
    it("tells of a run from start to end, numbered without gaps, and hands over the best epoch", async () => {
      const { backend, held } = countHeld(engine);
      const saveModel = vi.fn(async () => "/models/one");
      const { events, result } = await runTraining(makeTraining(backend, EPOCHS, { saveModel, firstSeq: 3 }));
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 3));
      expect(types(events)).toEqual([
        ...["run-start", "phase-start", "progress", "step-end", "epoch-end", "checkpoint", "run-end"],
      ]);
      expect(events[0]).toMatchObject({ images: { train: 30, validation: 10, test: 0 } });
      expect(events.flatMap((event) => (event.type === "phase-start" ? [event.phase] : []))).toEqual([
        ...["features", "head", "save"],
      ]);
      // in less than 30 seconds its end alone
      expect(events.flatMap((event) => (event.type === "checkpoint" ? [event.epoch] : []))).toEqual([5]);
      expect(events.at(-1)).toMatchObject({
        ...{ type: "run-end", status: "completed", epochs: 5, model: "/models/one", backend: "onnx:cpu" },
        ...{ metrics: result.metrics, keptEpoch: result.keptEpoch },
      });
      expect(saveModel).toHaveBeenCalledWith(result.model);
      expect(result.model?.manifest).toMatchObject({
        ...{ labels: ["cats", "dogs"], cut: "mixed0", run: "run", metrics: result.metrics },
        images: { train: 30, validation: 10, test: 0 },
      });
      expect(result.model?.manifest.trainedOn).toHaveLength(30);
      expect(held()).toBe(0);
    });

    it("keeps the lowest training loss and never stops early without validation images", async () => {
      const dataset = makeDataset(20);
      const split = makeSplit(dataset, 0);
      const options = makeTraining(engine, { ...EPOCHS, earlyStop: 1 }, { dataset, split });
      const { events, result } = await runTraining(options);
      const losses = events.flatMap((event) => (event.type === "epoch-end" ? [event.loss] : []));
      expect(losses).toHaveLength(5);
      expect(result.metrics).toEqual({ loss: Math.min(...losses), accuracy: expect.any(Number) });
    });

    it("is interrupted by its signal after the running step, and can be resumed", async () => {
      const { backend, held } = countHeld(engine);
      const undisturbed = await runTraining(makeTraining(backend, EPOCHS));
      const checkpoints = memoryCheckpoints();
      const controller = new AbortController();
      let time = 0;
      // a clock so fast that every step is told of
      const now = (): number => (time += 1000);
      const options = makeTraining(backend, EPOCHS, { checkpoints, signal: controller.signal, now });
      const { events, result } = await runTraining(options, (event) => {
        if (event.type === "step-end" && event.epoch === 3) controller.abort();
      });
      expect(result).toMatchObject({ status: "interrupted", error: { code: "cancelled" } });
      expect(result.model).toBeUndefined();
      expect(events.at(-1)).toMatchObject({ type: "run-end", status: "interrupted", epochs: 2 });
      // the only one holds the third epoch's step that was told of
      const [saved, last] = [checkpoints.saved, checkpoints.saved.at(-1)];
      expect(saved.map(({ epoch }) => epoch)).toEqual([2]);
      expect(last?.partial?.step).toBeGreaterThan(0);
      expect(held()).toBe(0);
      const resumed = await runTraining(makeTraining(backend, EPOCHS, { checkpoints }));
      expect(resumed.events[0]).toMatchObject({ type: "run-start", resumedFromEpoch: 2 });
      expect(resumed.history).toEqual(undisturbed.history.slice(2));
    });

    it("is interrupted before any work when its signal was aborted already", async () => {
      const { result } = await runTraining(makeTraining(engine, EPOCHS, { signal: AbortSignal.abort() }));
      expect(result.status).toBe("interrupted");
    });

    it("frees everything when the caller leaves at any event", async () => {
      const { backend, held } = countHeld(engine);
      const { events } = await runTraining(makeTraining(backend, EPOCHS));
      for (let leaveAt = 0; leaveAt < events.length; leaveAt++) {
        let seen = 0;
        for await (const _ of train(makeTraining(backend, EPOCHS))) if (seen++ === leaveAt) break;
        expect(held()).toBe(0);
      }
    });

    it("fails with `diverged`, naming step and learning rate, and still hands over the best epoch", async () => {
      const { backend, held } = countHeld(engine);
      const store = madeUpFeatures();
      // images of the last copy are infinite: epochs 1 and 2 are fine, epoch 3 is not
      const options = makeTraining(
        backend,
        { ...EPOCHS, augment: {}, variants: 3 },
        {
          store: oneByOne({
            ...store,
            get: async (space, key) =>
              key.variant === 2 ? (await store.get(space, key))?.fill(Infinity) : store.get(space, key),
          }),
        },
      );
      const { events, result } = await runTraining(options);
      expect(result).toMatchObject({ status: "failed", error: { code: "diverged" }, where: "nowhere" });
      expect(result.error?.message).toContain("step 9 (epoch 3) with learning rate 0.001");
      expect(result.keptEpoch).toBeLessThanOrEqual(2);
      expect(result.model).toBeDefined();
      expect(events.at(-1)).toMatchObject({ type: "run-end", status: "failed", model: "nowhere", epochs: 2 });
      expect(held()).toBe(0);
    });

    it("leaves out an image that turns out broken, with a warning that names it", async () => {
      const dataset = makeDataset(40);
      const [, broken] = dataset.images;
      const store = madeUpFeatures();
      const options = makeTraining(engine, EPOCHS, {
        dataset,
        weights: randomTrunkWeights("mixed0"),
        store: oneByOne({
          ...store,
          get: async (space, key) => (key.hash === broken?.hash ? undefined : store.get(space, key)),
        }),
        prepare: preparedBy("drawn-1", () =>
          Promise.reject(new CoreError("corrupt", { what: "The file was changed." })),
        ),
      });
      const { events, result } = await runTraining(options);
      expect(warnings(events)).toMatchObject([{ code: "broken-image" }]);
      expect(warnings(events)[0]?.message).toContain("dogs/1.png");
      expect(result.status).toBe("completed");
      expect(result.model?.manifest.trainedOn).toHaveLength(29);
      expect(result.model?.manifest.trainedOn).not.toContain(broken?.hash);
    });

    it("refuses to go on with other options, another split or other weights, naming each", async () => {
      const checkpoints = memoryCheckpoints();
      await runTraining(makeTraining(engine, EPOCHS, { checkpoints }));
      const other = makeTraining(engine, { ...EPOCHS, learningRate: 0.5, fit: "crop" }, { checkpoints });
      const { events, result } = await runTraining({
        ...other,
        split: makeSplit(other.dataset, 0.5),
        weights: { ...other.weights, sha256: "1".repeat(64) },
      });
      expect(types(events)).toEqual(["run-end"]);
      expect(result.error).toMatchObject({
        code: "conflict",
        facts: { different: ["config", "split", "weights", "features"] },
      });
      for (const name of ["options", "split", "weights", "features"])
        expect(result.error?.message).toContain(name);
      for (const option of ["learningRate 0.5 (it was 0.001)", 'fit "crop" (it was "stretch")'])
        expect(result.error?.message).toContain(option);
    });

    it("refuses to go on with images in other classes, whoever asks, and an older graft's checkpoint says nothing of them", async () => {
      const checkpoints = memoryCheckpoints();
      await runTraining(makeTraining(engine, EPOCHS, { checkpoints }));
      const dataset = makeDataset(40);
      const changes: Record<string, Dataset> = {
        renamed: { ...dataset, labels: ["dogs", "zebras"] },
        moved: {
          ...dataset,
          images: dataset.images.map((image, at) => (at === 3 ? { ...image, label: 0 } : image)),
        },
      };
      for (const [name, changed] of Object.entries(changes)) {
        const given = { checkpoints, dataset: changed, split: makeSplit(dataset) };
        const { result } = await runTraining(makeTraining(engine, EPOCHS, given));
        expect(result.error, name).toMatchObject({ code: "conflict", facts: { different: ["classes"] } });
        expect(result.error?.message).toContain("the classes of the images changed");
      }
      const [last] = checkpoints.saved.slice(-1);
      if (!last) throw new Error("no checkpoint");
      const { classes: _, ...hashes } = last.hashes;
      const old = memoryCheckpoints({ ...last, hashes });
      const { result } = await runTraining(makeTraining(engine, EPOCHS, { checkpoints: old }));
      expect(result.status).toBe("completed");
    });

    it("warns when it goes on with another engine, version or number of threads", async () => {
      const checkpoints = memoryCheckpoints();
      await runTraining(makeTraining(engine, { ...EPOCHS, backend: "cpu" }, { checkpoints }));
      const [start] = checkpoints.saved;
      if (!start) throw new Error("no checkpoint");
      const moved = memoryCheckpoints({ ...start, backend: { id: "tfjs:webgpu", engineVersion: "4.22" } });
      const { events, result } = await runTraining(makeTraining(engine, EPOCHS, { checkpoints: moved }));
      expect(warnings(events)).toMatchObject([{ code: "other-backend" }]);
      expect(warnings(events)[0]?.message).toContain("tfjs:webgpu 4.22");
      expect(result.status).toBe("completed");
    });

    it("fails with the store's error when a checkpoint cannot be written, and frees everything", async () => {
      const { backend, held } = countHeld(engine);
      const options = makeTraining(backend, EPOCHS, {
        ...EVERY_STEP,
        checkpoints: {
          load: async () => undefined,
          clear: async () => undefined,
          save: () => Promise.reject(new CoreError("disk-full", { what: "No room." })),
        },
      });
      const { result } = await runTraining(options);
      expect(result).toMatchObject({ status: "failed", epochs: 0, error: { code: "disk-full" } });
      expect(result).not.toHaveProperty("keptEpoch");
      expect(held()).toBe(0);
    });

    it("is completed when its model is written and its last checkpoint is not: nothing goes on from that", async () => {
      const save = () => Promise.reject(new CoreError("disk-full", { what: "No room." }));
      const checkpoints = { load: async () => undefined, save, clear: async () => undefined };
      const { result } = await runTraining(makeTraining(engine, EPOCHS, { checkpoints }));
      expect(result).toMatchObject({ status: "completed", epochs: 5, where: "nowhere" });
      const saveModel = () => Promise.reject(new CoreError("conflict", { what: "It is there." }));
      const failed = await runTraining(makeTraining(engine, EPOCHS, { checkpoints, saveModel }));
      expect(failed.result).toMatchObject({ status: "failed", epochs: 0, error: { code: "conflict" } });
    });

    it("goes on from its end, without training, when its model could not be written", async () => {
      const checkpoints = memoryCheckpoints();
      const saveModel = () => Promise.reject(new CoreError("conflict", { what: "It is there." }));
      const failed = await runTraining(makeTraining(engine, EPOCHS, { checkpoints, saveModel }));
      expect(failed.result).toMatchObject({ status: "failed", epochs: 5, error: { code: "conflict" } });
      expect(checkpoints.saved.at(-1)?.parameters.size).toBe(0);
      const { result, history } = await runTraining(makeTraining(engine, EPOCHS, { checkpoints }));
      expect(history).toEqual([]);
      const undisturbed = await runTraining(makeTraining(engine, EPOCHS));
      expect(result).toMatchObject({ status: "completed", metrics: undisturbed.result.metrics });
      expect(digestsOf(result.model?.head)).toEqual(digestsOf(undisturbed.result.model?.head));
    });

    it("counts the epochs that it can be gone on from, not those whose checkpoint was never written", async () => {
      const checkpoints = memoryCheckpoints();
      const { save } = checkpoints;
      const failing = {
        ...checkpoints,
        save: (checkpoint: Checkpoint) =>
          checkpoint.epoch < 2
            ? save(checkpoint)
            : Promise.reject(new CoreError("disk-full", { what: "No room." })),
      };
      const { events, result, history } = await runTraining(
        makeTraining(engine, EPOCHS, { ...EVERY_STEP, checkpoints: failing }),
      );
      expect(history.length).toBeGreaterThan(1);
      const [loss, accuracy, valLoss, valAccuracy] = history[0] ?? [];
      const lastEpoch = { loss, accuracy, valLoss, valAccuracy };
      expect(events.at(-1)).toMatchObject({ type: "run-end", epochs: 1, keptEpoch: 1, lastEpoch });
      expect(result).toMatchObject({ status: "failed", epochs: 1, keptEpoch: 1, metrics: lastEpoch });

      const controller = new AbortController();
      controller.abort();
      const options = { checkpoints: failing, signal: controller.signal };
      const resumed = await runTraining(makeTraining(engine, EPOCHS, options));
      expect(resumed.result).toMatchObject({ status: "interrupted", epochs: 1, keptEpoch: 1 });
    });

    it("says that the disk is full, also when it is cancelled meanwhile", async () => {
      const controller = new AbortController();
      const options = makeTraining(engine, EPOCHS, {
        ...EVERY_STEP,
        signal: controller.signal,
        checkpoints: {
          load: async () => undefined,
          clear: async () => undefined,
          save: async () => {
            controller.abort();
            throw new CoreError("disk-full", { what: "No room." });
          },
        },
      });
      const { result } = await runTraining(options);
      expect(result).toMatchObject({ status: "failed", epochs: 0, error: { code: "disk-full" } });
    });

    it("fails when nothing is left to train on, and throws what is no CoreError after its last event", async () => {
      const dataset = makeDataset(8);
      const nothing = { ...makeSplit(dataset), train: [] };
      const { result } = await runTraining(makeTraining(engine, EPOCHS, { dataset, split: nothing }));
      expect(result).toMatchObject({ status: "failed", error: { code: "bad-input" } });

      const defect = makeTraining(engine, EPOCHS, {
        saveModel: () => Promise.reject(new TypeError("defect")),
      });
      const seen: TrainEvent[] = [];
      const running = runTraining(defect, (event) => seen.push(event));
      await expect(running).rejects.toThrow("defect");
      expect(seen.at(-1)).toMatchObject({ status: "failed", error: { code: "internal", message: "defect" } });
    });

    it("goes on from the epoch before when a byte of the newest checkpoint is flipped", async () => {
      const folder = await mkdtemp(join(tmpdir(), "graft-flip-"));
      try {
        const undisturbed = await runTraining(makeTraining(engine, EPOCHS));
        for (const epoch of [3, 4]) {
          const controller = new AbortController();
          const options = { checkpoints: openCheckpointStore(folder), signal: controller.signal };
          await runTraining(makeTraining(engine, EPOCHS, options), (event) => {
            if (event.type === "epoch-end" && event.epoch === epoch) controller.abort();
          });
        }
        const [newest = ""] = (await readdir(folder)).filter((name) => name.startsWith("epoch-000004"));
        const bytes = await readFile(join(folder, newest));
        const at = bytes.length - 100;
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        await writeFile(join(folder, newest), bytes);
        const resumed = await runTraining(
          makeTraining(engine, EPOCHS, { checkpoints: openCheckpointStore(folder) }),
        );
        expect(resumed.events[0]).toMatchObject({ resumedFromEpoch: 3 });
        expect(warnings(resumed.events)).toMatchObject([{ code: "corrupt" }]);
        expect(resumed.history).toEqual(undisturbed.history.slice(3));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
  });
}
