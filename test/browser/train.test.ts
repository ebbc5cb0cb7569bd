import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkInt8, createOnnxBackend } from "@graft/backend-select";
import {
  type Backend,
  imageRule,
  parseTrainConfig,
  resumeJob,
  type TrainConfig,
  type TrainEvent,
  trainJob,
} from "@graft/core";
import { NodeWorkspace } from "@graft/core/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { ROOT, temporaryFolder } from "../cli/run-graft.ts";
import { expectClose } from "../contract/close.ts";
import { isLong } from "../long.ts";
import { openBrowser, type TestBrowser, type TestWorker, whyNoBrowser } from "./open-browser.ts";

const WORKER = join(import.meta.dirname, "train-worker.ts");
const ASSETS = join(ROOT, "packages/core/assets");
/** Images of each class, by data set. */
const SETS = { emoji: 20, few: 8 } as const;
const absent = whyNoBrowser();

const options = { weights: "bundled", size: 75, earlyStop: null, fineTuneLearningRate: 1e-4 } as const;
const GAP = parseTrainConfig({
  ...{ ...options, batchSize: 16, epochs: 3 },
  ...{ fineTune: "mixed7", fineTuneEpochs: 2 },
});
const SMALL = parseTrainConfig({
  ...{ ...options, cut: "mixed0", batchSize: 16, epochs: 2 },
  ...{ fineTune: "mixed0", fineTuneEpochs: 2 },
});

/** On a GPU that a processor imitates: all emoji up to mixed7 take three minutes on a fast one. */
const ON_WEBGPU =
  process.env.GRAFT_TEST_WEBGPU === "long"
    ? { set: "emoji", config: GAP, stops: [4] }
    : { set: "few", config: SMALL, stops: [3] };

/** Of a slow processor that does much else meanwhile. */
const GPU_IMITATED_MS = 600_000;

const EpochEnd = z.looseObject({ type: z.literal("epoch-end"), loss: z.number(), valLoss: z.number() });
const Trained = z.object({
  events: z.array(z.looseObject({ type: z.string() })),
  status: z.string(),
  run: z.string(),
  runsSinceCancel: z.int(),
  model: z.object({ where: z.string(), labels: z.array(z.string()), fineTuned: z.string() }).optional(),
});

const ByMessages = z.object({
  events: z.array(z.looseObject({ type: z.string() })),
  end: z.looseObject({ score: z.object({ evaluation: z.looseObject({ images: z.int() }) }) }),
});

/** Training and validation loss of each epoch. */
const lossesOf = (events: readonly { readonly type: string }[]): number[] =>
  events.flatMap((event) => {
    const { data } = EpochEnd.safeParse(event);
    return data ? [data.loss, data.valLoss] : [];
  });

async function toldBy(job: AsyncGenerator<TrainEvent, unknown>): Promise<readonly TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of job) events.push(event);
  return events;
}

/** The first emoji of each class, by name. */
async function copyEmoji(folder: string, perClass: number): Promise<void> {
  for (const label of ["animal", "food", "transport"]) {
    await mkdir(join(folder, label), { recursive: true });
    const names = (await readdir(join(ASSETS, "emoji", label))).sort().slice(0, perClass);
    for (const name of names) await copyFile(join(ASSETS, "emoji", label, name), join(folder, label, name));
  }
}

let folder: string;
let browser: TestBrowser;
let backend: Backend;
let workspace: NodeWorkspace;

const serve = (name: string, bytes: Uint8Array): void =>
  browser.server.serve(name, { bytes, type: "application/octet-stream" });

/** What a worker without files is given of a data set: what Node knows of its images, and their pixels. */
async function serveSet(name: string): Promise<void> {
  const { dataset, prepare } = await workspace.openDataset(join(folder, name));
  const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const pixels: Uint8Array[] = [];
  for (const image of dataset.images) pixels.push(...(await prepare(image, imageRule(GAP), null, [0])));
  serve(`${name}/set.json`, bytes({ dataset, decoder: prepare.decoder }));
  serve(`${name}/pixels.bin`, Buffer.concat(pixels));
}

beforeAll(async () => {
  if (absent !== undefined) return;
  folder = await temporaryFolder("browser-train");
  browser = await openBrowser();
  backend = await createOnnxBackend({ provider: "cpu", threads: 1 });
  workspace = new NodeWorkspace({
    ...{ home: join(folder, "home"), env: process.env, checkInt8, threads: 1, versions: { graft: "test" } },
    signal: new AbortController().signal,
    onEvent: () => undefined,
    selectBackend: async () => ({ backend, refusals: [] }),
  });
  serve("trunk.json", await readFile(join(ASSETS, "weights/inception_v3.json")));
  serve("trunk.bin", await readFile(join(ASSETS, "weights/inception_v3.bin")));
  for (const [name, perClass] of Object.entries(SETS)) {
    await copyEmoji(join(folder, name), perClass);
    await serveSet(name);
  }
});
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await workspace?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** Node's losses of a training that nothing stops, of each epoch. */
async function expectedLosses(set: string, config: TrainConfig): Promise<readonly number[]> {
  const events = await toldBy(trainJob(workspace, { config, dataset: join(folder, set) }));
  const losses = lossesOf(events);
  expect(losses).toHaveLength(2 * (config.epochs + config.fineTuneEpochs));
  return losses;
}

/** Lays what a run left in a worker's memory among Node's own runs. */
async function bringToNode(worker: TestWorker, run: string): Promise<void> {
  const names = z.array(z.string()).parse(await worker.call("upload", run));
  for (const name of names) {
    const path = join(workspace.runs.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, browser.server.uploaded(name) ?? new Uint8Array());
  }
}

/** Goes on in Node with such a run. */
async function goOnInNode(worker: TestWorker, run: string): Promise<readonly TrainEvent[]> {
  await bringToNode(worker, run);
  const stored = await workspace.runs.open(run);
  expect(await stored.state()).toBe("interrupted");
  return toldBy(resumeJob(workspace, { run: stored, mayReplace: true }));
}

describe.skipIf(absent)(
  `a training in a page's worker${absent === undefined ? "" : ` (skipped: ${absent})`}`,
  () => {
    it.each([
      { engine: "onnx:wasm", set: "emoji", config: GAP, stops: [2, 4], tolerance: 1e-4 },
      ...(isLong ? [{ engine: "tfjs:webgpu", ...ON_WEBGPU, tolerance: 1e-3 }] : []),
    ])(
      "gives Node's losses on $engine, and is gone on from in Node after $stops epochs",
      async (given) => {
        const { engine, set, config, stops, tolerance } = given;
        const expected = await expectedLosses(set, config);
        const epochs = config.epochs + config.fineTuneEpochs;
        await using worker = await browser.openWorker(WORKER);
        expect(await worker.call("open", { engine, set })).toBe(engine);
        for (const interruptAfter of stops) {
          const stopped = Trained.parse(await worker.call("train", { config, interruptAfter }));
          expect(stopped.status, JSON.stringify(stopped.events.at(-1))).toBe("interrupted");
          expectClose(lossesOf(stopped.events), expected.slice(0, 2 * interruptAfter), tolerance);
          const events = await goOnInNode(worker, stopped.run);
          expect(events).toContainEqual(expect.objectContaining({ resumedFromEpoch: interruptAfter }));
          expect(events.at(-1)).toMatchObject({ type: "run-end", status: "completed", epochs });
          expectClose(lossesOf(events), expected.slice(2 * interruptAfter), tolerance);
        }
      },
      GPU_IMITATED_MS,
    );

    it("ends with a model that Node opens, or for good within a step of a message", async () => {
      let firstEpoch: () => void = () => undefined;
      const begun = new Promise<void>((resolve) => {
        firstEpoch = resolve;
      });
      await using worker = await browser.openWorker(WORKER, { onEvent: () => firstEpoch() });
      await worker.call("open", { engine: "onnx:wasm", set: "emoji" });
      const training = worker.call("train", { config: { ...SMALL, epochs: 10_000 } });
      await begun;
      await worker.call("cancel");
      const cancelled = Trained.parse(await training);
      expect(cancelled.events.at(-1)).toMatchObject({ type: "run-end", status: "cancelled" });
      expect(cancelled.runsSinceCancel).toBeLessThanOrEqual(1);
      expect(cancelled.model).toBeUndefined();
      const left = z.array(z.string()).parse(await worker.call("upload", cancelled.run));
      expect(left.filter((name) => name.includes("checkpoints/"))).toEqual([]);

      const { events, status, run, model } = Trained.parse(await worker.call("train", { config: SMALL }));
      expect(status, JSON.stringify(events.at(-1))).toBe("completed");
      const labels = ["animal", "food", "transport"];
      expect(model).toEqual({ where: `memory/${run}/model`, labels, fineTuned: "mixed0" });
      await bringToNode(worker, run);
      const opened = await workspace.openModel(run);
      expect(opened.model.manifest).toMatchObject({ labels, fineTuned: "mixed0" });
      expect(await opened.run?.state()).toBe("completed");
      expectClose(lossesOf(events), await expectedLosses("emoji", SMALL), 1e-4);

      const byMessages = ByMessages.parse(await worker.call("trainByMessages", { config: SMALL }));
      expect(lossesOf(byMessages.events)).toEqual(lossesOf(events));
      expect(byMessages.end).toMatchObject({ status: "completed", epochs: 4 });
      expect(byMessages.end.score.evaluation.images).toBe(12);
    });
  },
);
