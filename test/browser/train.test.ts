import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkInt8, createOnnxBackend } from "@graft/backend-select";
import { type Backend, imageRule, parseTrainConfig, resumeJob, type TrainEvent, trainJob } from "@graft/core";
import { NodeWorkspace } from "@graft/core/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { ROOT, temporaryFolder } from "../cli/run-graft.ts";
import { expectClose } from "../contract/close.ts";
import { openBrowser, type TestBrowser, type TestWorker, whyNoBrowser } from "./open-browser.ts";

const WORKER = join(import.meta.dirname, "train-worker.ts");
const ASSETS = join(ROOT, "packages/core/assets");
const PER_CLASS = 20;
const absent = whyNoBrowser();

const options = { weights: "bundled", size: 75, earlyStop: null, fineTuneLearningRate: 1e-4 } as const;
const GAP = parseTrainConfig({
  ...{ ...options, batchSize: 16, epochs: 3 },
  ...{ fineTune: "mixed7", fineTuneEpochs: 2 },
});

const EpochEnd = z.looseObject({ type: z.literal("epoch-end"), loss: z.number(), valLoss: z.number() });
const Trained = z.object({
  events: z.array(z.looseObject({ type: z.string() })),
  status: z.string(),
  run: z.string(),
  runsSinceCancel: z.int(),
  model: z.object({ where: z.string(), labels: z.array(z.string()), fineTuned: z.string() }).optional(),
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
async function copyEmoji(folder: string): Promise<void> {
  for (const label of ["animal", "food", "transport"]) {
    await mkdir(join(folder, label), { recursive: true });
    const names = (await readdir(join(ASSETS, "emoji", label))).sort().slice(0, PER_CLASS);
    for (const name of names) await copyFile(join(ASSETS, "emoji", label, name), join(folder, label, name));
  }
}

let folder: string;
let browser: TestBrowser;
let backend: Backend;
let workspace: NodeWorkspace;
let set: string;

/** What the worker cannot have without files: pixels and facts of the images, and the weights. */
async function serveAll(): Promise<void> {
  const { dataset, prepare } = await workspace.openDataset(set);
  const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const pixels: Uint8Array[] = [];
  for (const image of dataset.images) pixels.push(...(await prepare(image, imageRule(GAP), null, [0])));
  const served: Readonly<Record<string, Uint8Array>> = {
    "set.json": bytes({ dataset, decoder: prepare.decoder }),
    "pixels.bin": Buffer.concat(pixels),
    "trunk.json": await readFile(join(ASSETS, "weights/inception_v3.json")),
    "trunk.bin": await readFile(join(ASSETS, "weights/inception_v3.bin")),
  };
  for (const [name, file] of Object.entries(served))
    browser.server.serve(name, { bytes: file, type: "application/octet-stream" });
}

beforeAll(async () => {
  if (absent !== undefined) return;
  folder = await temporaryFolder("browser-train");
  set = join(folder, "emoji");
  await copyEmoji(set);
  browser = await openBrowser();
  backend = await createOnnxBackend({ provider: "cpu", threads: 1 });
  workspace = new NodeWorkspace({
    ...{ home: join(folder, "home"), env: process.env, checkInt8, threads: 1, versions: { graft: "test" } },
    signal: new AbortController().signal,
    onEvent: () => undefined,
    selectBackend: async () => ({ backend, refusals: [] }),
  });
  await serveAll();
});
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await workspace?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** Goes on in Node with what a run left in a worker's memory. */
async function goOnInNode(worker: TestWorker, run: string): Promise<readonly TrainEvent[]> {
  const names = z.array(z.string()).parse(await worker.call("upload", run));
  for (const name of names) {
    const path = join(workspace.runs.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, browser.server.uploaded(name) ?? new Uint8Array());
  }
  const stored = await workspace.runs.open(run);
  expect(await stored.state()).toBe("interrupted");
  return toldBy(resumeJob(workspace, { run: stored, mayReplace: true }));
}

describe.skipIf(absent)(
  `a training in a page's worker${absent === undefined ? "" : ` (skipped: ${absent})`}`,
  () => {
    it.each([{ engine: "onnx:wasm", tolerance: 1e-4, config: GAP, stops: [2, 4] }])(
      "gives Node's losses on $engine, and is gone on from in Node",
      async (given) => {
        const { engine, tolerance, config, stops } = given;
        const epochs = config.epochs + config.fineTuneEpochs;
        const expected = lossesOf(await toldBy(trainJob(workspace, { config, dataset: set })));
        expect(expected).toHaveLength(2 * epochs);
        await using worker = await browser.openWorker(WORKER);
        expect(await worker.call("open", engine)).toBe(engine);
        const whole = Trained.parse(await worker.call("train", { config }));
        expect(whole.status, JSON.stringify(whole.events.at(-1))).toBe("completed");
        expect(whole.model).toEqual({
          ...{ where: whole.run, labels: ["animal", "food", "transport"] },
          fineTuned: config.fineTune,
        });
        const losses = lossesOf(whole.events);
        expectClose(losses, expected, tolerance);

        for (const interruptAfter of stops) {
          const stopped = Trained.parse(await worker.call("train", { config, interruptAfter }));
          expect(stopped.status).toBe("interrupted");
          expectClose(lossesOf(stopped.events), expected.slice(0, 2 * interruptAfter), tolerance);
          const events = await goOnInNode(worker, stopped.run);
          expect(events.at(-1)).toMatchObject({ type: "run-end", status: "completed", epochs });
          expect(events).toContainEqual(expect.objectContaining({ resumedFromEpoch: interruptAfter }));
          const after = lossesOf(events);
          expectClose(after, expected.slice(2 * interruptAfter), tolerance);
        }
      },
    );

    it("ends by a message within a step, for good", async () => {
      let firstEpoch: () => void = () => undefined;
      const begun = new Promise<void>((resolve) => {
        firstEpoch = resolve;
      });
      await using worker = await browser.openWorker(WORKER, { onEvent: () => firstEpoch() });
      await worker.call("open", "onnx:wasm");
      const training = worker.call("train", { config: { ...GAP, epochs: 10_000 } });
      await begun;
      await worker.call("cancel");
      const cancelled = Trained.parse(await training);
      expect(cancelled.events.at(-1)).toMatchObject({ type: "run-end", status: "cancelled" });
      expect(cancelled.runsSinceCancel).toBeLessThanOrEqual(1);
      expect(cancelled.model).toBeUndefined();
      const left = z.array(z.string()).parse(await worker.call("upload", cancelled.run));
      expect(left.filter((name) => name.includes("checkpoints/"))).toEqual([]);
    });
  },
);
