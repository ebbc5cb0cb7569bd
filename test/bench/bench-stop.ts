// node --conditions=graft-source --import tsx test/bench/bench-stop.ts: how long a wish to stop takes to be heard, in the
// middle of a pass of the trunk (mixed7, 150 pixels) and of the classic head's steps, on each engine that this machine has.
// ROUNDS (5): the middle of so many is printed, beside how long 8 images or one step take on that engine.
import { setTimeout as delay } from "node:timers/promises";
import { createOnnxBackend, createTfjsBackend } from "@graft/backend-select";
import {
  type Backend,
  createMemoryFeatureStore,
  type DatasetImage,
  DECODER_VERSION,
  extractFeatures,
  featureSpace,
  parseTrainConfig,
  preparedBy,
  type StopReason,
  train,
  trunkGraph,
} from "@graft/core";
import { loadWeights, nodeFetch } from "@graft/core/node";
import { makeDataset, makeSplit } from "../train/training-problem.ts";
import { machine, middle, printFigures } from "./figures.ts";

const SIZE = 150;
const CUT = "mixed7";
const IMAGES = 256;
const RULE = { version: 1, size: SIZE, fit: "stretch", resize: "bilinear" } as const;
const rounds = Number(process.env.ROUNDS ?? 5);

const weights = await loadWeights({
  ...{ weights: "bundled", home: "", env: {}, fetch: nodeFetch({}) },
});
const pixels = new Uint8Array(SIZE * SIZE * 3).map((_, at) => (at * 37) % 256);
const prepare = preparedBy(DECODER_VERSION, async (_image, _rule, _augmentation, variants) =>
  variants.map(() => pixels),
);
const dataset = makeDataset(IMAGES);

/** Milliseconds from the call to the end of the work, which is stopped some time after it began. */
async function heardAfter(
  work: (signal: AbortSignal, began: () => void) => Promise<unknown>,
  waitMs: number,
): Promise<number> {
  const controller = new AbortController();
  const reason: StopReason = "interrupt";
  let called = 0;
  const ended = work(controller.signal, () => {
    void delay(waitMs).then(() => {
      called = performance.now();
      controller.abort(reason);
    });
  }).catch(() => undefined);
  await ended;
  return called === 0 ? Number.NaN : performance.now() - called;
}

async function ofBackend(backend: Backend): Promise<Record<string, number>> {
  const space = featureSpace({
    ...{ decoder: DECODER_VERSION, rule: RULE, weights, cut: CUT, pool: "avg", augmentation: null },
    ...{ cacheType: "float32", backend },
  });
  const pass = (images: readonly DatasetImage[], signal?: AbortSignal, began?: () => void) =>
    extractFeatures({
      ...{ images, variants: [0], space, rowShape: [768], store: null, prepare, decodeAhead: 8 },
      openProgram: async () => {
        const program = await backend.compile(trunkGraph(weights, { cut: CUT, size: SIZE, pool: "avg" }));
        began?.();
        return program;
      },
      batch: backend.limits.preferredBatch,
      ...(signal ? { signal } : {}),
    });
  const start = performance.now();
  await pass(dataset.images.slice(0, 64));
  const eight = (performance.now() - start) / 8;
  const config = parseTrainConfig({
    ...{ recipe: "classic", augment: null, epochs: 50, size: SIZE, cut: CUT, weights: "bundled" },
  });
  const store = createMemoryFeatureStore();
  const steps = async (signal: AbortSignal, began: () => void): Promise<void> => {
    const events = train({
      ...{
        run: "stop",
        config,
        dataset,
        split: makeSplit(dataset),
        weights,
        backend,
        prepare,
        store,
        signal,
      },
      ...{ decodeAhead: 8, likeness: false, saveModel: async () => "" },
      checkpoints: { load: async () => undefined, save: async () => undefined, clear: async () => undefined },
    });
    for await (const event of events) if (event.type === "phase-start" && event.phase === "head") began();
  };
  const [inPass, inSteps]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    inPass.push(await heardAfter((signal, began) => pass(dataset.images, signal, began), 1.5 * eight));
    inSteps.push(await heardAfter(steps, 300));
  }
  return {
    [`${backend.id} 8 images, ms`]: eight,
    [`${backend.id} pass stopped after, ms`]: middle(inPass),
    [`${backend.id} steps stopped after, ms`]: middle(inSteps),
  };
}

console.log(machine());
const figures: Record<string, number> = {};
for (const open of [
  () => createOnnxBackend({ provider: "cpu" }),
  () => createTfjsBackend({ device: "wasm" }),
]) {
  await using backend = await open();
  Object.assign(figures, await ofBackend(backend));
}
printFigures("how soon a wish to stop is heard", figures);
