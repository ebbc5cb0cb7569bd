import { createOnnxBackend } from "@graft/backend-select";
import {
  type Backend,
  calibrationId,
  createRandom,
  type FeatureSpace,
  type FeatureStore,
  type PrepareImage,
  preparedBy,
  type TrainConfigInput,
  type TrainOptions,
} from "@graft/core";
import { createReferenceBackend, oneByOne } from "@graft/core/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { randomTrunkWeights } from "../train/random-trunk.ts";
import {
  EVERY_STEP,
  makeDataset,
  makeTraining,
  memoryCheckpoints,
  runTraining,
} from "../train/training-problem.ts";

const CONFIG = { epochs: 4, batchSize: 4, earlyStop: null } satisfies TrainConfigInput;
const dataset = makeDataset(16);
const weights = randomTrunkWeights();

/** Noise that is each image's own, brighter for the second class. */
const prepare: PrepareImage = preparedBy(
  "drawn-1",
  async ({ hash, label }, { size }, _augmentation, variants) =>
    variants.map((variant) => {
      const random = createRandom("pixels", hash, variant);
      return Uint8Array.from({ length: size * size * 3 }, () => Math.floor(random() * (150 + 100 * label)));
    }),
);

/** Keeps every row, with the space it was put under. */
function keepingStore(): FeatureStore & {
  readonly spaces: Map<string, FeatureSpace>;
  readonly rows: Map<string, Float32Array>;
} {
  const spaces = new Map<string, FeatureSpace>();
  const rows = new Map<string, Float32Array>();
  const nameOf = (space: FeatureSpace, { hash }: { hash: string }): string => JSON.stringify([space, hash]);
  const store = oneByOne({
    get: async (space, key) => rows.get(nameOf(space, key)),
    put: async (space, key, row) => {
      spaces.set(JSON.stringify(space), space);
      rows.set(nameOf(space, key), Float32Array.from(row));
    },
  });
  return { ...store, spaces, rows };
}

let backend: Backend;
beforeAll(async () => {
  backend = await createOnnxBackend({ provider: "cpu" });
});
afterAll(() => backend?.dispose());

const training = (precision: "float32" | "int8", given: Partial<TrainOptions>): TrainOptions =>
  makeTraining(backend, { ...CONFIG, precision }, { dataset, weights, prepare, now: () => 0, ...given });

it("keeps int8 features under the name of what they were calibrated on, apart from those in float32", async () => {
  const store = keepingStore();
  const options = training("int8", { store });
  const inInt8 = await runTraining(options);
  const inFloat = await runTraining(training("float32", { store }));
  const trained = new Set(options.split.train);
  const id = await calibrationId(dataset.images.filter(({ hash }) => trained.has(hash)));
  expect([...store.spaces.values()].map(({ calibration }) => calibration)).toEqual([id, undefined]);
  expect(store.rows.size).toBe(2 * dataset.images.length);
  expect([inInt8.result.status, inFloat.result.status]).toEqual(["completed", "completed"]);
  expect(inInt8.history).not.toEqual(inFloat.history);
  for (const [epoch, [loss = 0]] of inInt8.history.entries())
    expect(Math.abs(loss - (inFloat.history[epoch]?.[0] ?? 0))).toBeLessThan(0.05 * loss);
}, 30_000);

it("goes on to the last bit when the features are gone and are made again", async () => {
  const checkpoints = memoryCheckpoints();
  const whole = await runTraining(training("int8", { ...EVERY_STEP, checkpoints, store: keepingStore() }));
  const start = checkpoints.saved.find(({ epoch, partial }) => epoch === 2 && partial === null);
  const again = training("int8", { checkpoints: memoryCheckpoints(start), store: keepingStore() });
  const resumed = await runTraining(again);
  expect(resumed.result.status).toBe("completed");
  expect(resumed.history).toEqual(whole.history.slice(2));
}, 30_000);

it("is no longer the same run in float32: going on is refused with the option's name", async () => {
  const checkpoints = memoryCheckpoints();
  await runTraining(training("int8", { checkpoints, store: keepingStore() }));
  const { result } = await runTraining(
    training("float32", { checkpoints: memoryCheckpoints(checkpoints.saved[0]), store: keepingStore() }),
  );
  expect(result.error?.code).toBe("conflict");
  expect(result.error?.message).toContain("precision");
}, 30_000);

it("is refused on an engine that would only imitate it, with what to do", async () => {
  await using reference = createReferenceBackend();
  const { result } = await runTraining(training("int8", { backend: reference }));
  expect(result.error?.code).toBe("unsupported");
  expect(result.error?.message).toMatch(/reference:cpu has no 8-bit arithmetic.*`backend: onnx:cpu`/);
});
