// A training in a page's worker whose host is memory alone, as test/browser/train.test.ts asks for it.
import { createOnnxBackend, createTfjsBackend } from "@graft/backend-select/browser";
import {
  type Backend,
  BUNDLED_RANGE,
  createMemoryFeatureStore,
  type Dataset,
  type DecoderId,
  decodeBundled,
  type Folder,
  memoryFolder,
  messagePort,
  type PrepareImage,
  ProtocolWorker,
  parseBundledManifest,
  preparedBy,
  type StopReason,
  type TrainEvent,
  type TrunkWeights,
  trainConfigSchema,
  trainJob,
  WorkerHost,
  type Workspace,
} from "@graft/core";
import { testingWorkspace } from "@graft/core/testing";
import * as z from "zod";
import { answerCalls, tell } from "./answer-calls.ts";

const Opening = z.object({
  engine: z.enum(["onnx:wasm", "tfjs:webgpu"]),
  /** Which of the data sets that the test serves. */
  set: z.string(),
});
const Training = z.object({
  config: trainConfigSchema,
  /** Finished epochs after which it is interrupted. */
  interruptAfter: z.int().exactOptional(),
});

/** What the test serves: a data set that Node looked at, and whose pixels are served with it. */
interface ServedSet {
  readonly dataset: Dataset;
  readonly decoder: DecoderId;
}

async function served(name: string): Promise<Uint8Array> {
  const answer = await fetch(`/${name}`);
  if (!answer.ok) throw new Error(`the test serves no ${name}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function loadWeights(): Promise<TrunkWeights> {
  const [manifest, bytes] = [parseBundledManifest(await served("trunk.json"), "trunk.json"), "trunk.bin"];
  const tensors = decodeBundled(await served(bytes), manifest, { origin: bytes });
  const { origin, sha256 } = manifest;
  return { source: "bundled", origin, sha256, inputRange: BUNDLED_RANGE, tensors };
}

/** The data set, with pixels that lie in one file in the images' order. */
async function openSet(set: string): Promise<{ readonly dataset: Dataset; readonly prepare: PrepareImage }> {
  // the test's own words, made from these types
  const { dataset, decoder } = JSON.parse(
    new TextDecoder().decode(await served(`${set}/set.json`)),
  ) as ServedSet;
  const pixels = await served(`${set}/pixels.bin`);
  const length = pixels.length / dataset.images.length;
  const places = new Map(dataset.images.map(({ hash }, at) => [hash, at * length]));
  const prepare = preparedBy(decoder, async ({ hash, path }, { size }, augmentation, variants) => {
    const start = places.get(hash);
    if (start === undefined || augmentation !== null || size * size * 3 !== length)
      throw new Error(`the test serves no such pixels of ${path}`);
    return variants.map(() => pixels.slice(start, start + length));
  });
  return { dataset, prepare };
}

/** Runs of the engine's programs, training steps among them. */
let runs = 0;
function counted(backend: Backend): Backend {
  return {
    ...{ id: backend.id, kind: backend.kind, device: backend.device, limits: backend.limits },
    async compile(graph) {
      const program = await backend.compile(graph);
      return {
        run: (inputs, state) => {
          runs++;
          return program.run(inputs, state);
        },
        dispose: () => program.dispose(),
      };
    },
    createState: (graph) => backend.createState(graph),
    dispose: () => backend.dispose(),
    [Symbol.asyncDispose]: () => backend[Symbol.asyncDispose](),
  };
}

let workspace: Workspace | undefined;
/** Of the runs. */
const folder = memoryFolder();
let stop: AbortController | undefined;
let runsAtCancel = 0;

/** Sends every file of a folder to the test. @returns their names. */
async function upload(below: Folder, prefix: string): Promise<string[]> {
  const names: string[] = [];
  for (const { name, kind } of await below.list()) {
    if (kind === "folder") names.push(...(await upload(below.folder(name), `${prefix}${name}/`)));
    else {
      await fetch(`/upload/${prefix}${name}`, {
        method: "PUT",
        body: (await below.read(name)) ?? new Uint8Array(),
      });
      names.push(prefix + name);
    }
  }
  return names;
}

answerCalls({
  async open(given) {
    const { engine, set } = Opening.parse(given);
    const opened =
      engine === "onnx:wasm"
        ? await createOnnxBackend({ threads: 1 })
        : await createTfjsBackend({ device: "webgpu", allowSoftware: true });
    const backend = counted(opened);
    const { dataset, prepare } = await openSet(set);
    const weights = await loadWeights();
    const features = createMemoryFeatureStore();
    workspace = {
      ...testingWorkspace({ backend, dataset, weights, folder }),
      ...{ now: Date.now, features: async () => features },
      locate: (name) => ({ location: name, shortName: "emoji" }),
      openDataset: async () => ({ dataset, prepare, read: () => Promise.reject(new Error("no files here")) }),
    };
    return backend.id;
  },
  async train(given) {
    const { config, interruptAfter } = Training.parse(given);
    if (!workspace) throw new Error("no engine is open");
    stop = new AbortController();
    const { dataset } = await workspace.openDataset("");
    const job = trainJob(
      { ...workspace, signal: stop.signal },
      { config: { ...config, weights: "bundled" }, dataset: dataset.source },
    );
    const events: TrainEvent[] = [];
    let next = await job.next();
    for (; !next.done; next = await job.next()) {
      const event = next.value;
      events.push(event);
      if (event.type !== "epoch-end") continue;
      tell(event);
      if (event.epoch === interruptAfter) stop.abort("interrupt" satisfies StopReason);
    }
    const { training, model, status, where } = next.value;
    return {
      ...{ events, status, run: training?.run.id, runsSinceCancel: runs - runsAtCancel },
      model: model && { where, labels: model.manifest.labels, fineTuned: model.manifest.fineTuned },
    };
  },
  /** The same by messages over a channel of the browser's: a host and a worker that share this host of memory. */
  async trainByMessages(given) {
    const { config } = Training.parse(given);
    const shared = workspace;
    if (!shared) throw new Error("no engine is open");
    const { port1, port2 } = new MessageChannel();
    const ofWorker = messagePort(port2, () => port2.close());
    const worker = new ProtocolWorker({
      port: ofWorker,
      open: async ({ signal }) => ({ workspace: { ...shared, signal } }),
    });
    const host = new WorkerHost({ port: messagePort(port1), workspace: shared });
    const { dataset } = await shared.openDataset("");
    const job = host.work({
      ...{ kind: "train", dataset: dataset.source, datasetName: "emoji", score: true },
      config: { ...config, weights: "bundled" },
    });
    const events: TrainEvent[] = [];
    let next = await job.next();
    for (; !next.done; next = await job.next()) events.push(next.value);
    await host[Symbol.asyncDispose]();
    await worker.done;
    return { events, end: next.value };
  },
  cancel() {
    runsAtCancel = runs;
    stop?.abort("cancel" satisfies StopReason);
  },
  upload: (run) => upload(folder.folder(String(run)), `${run}/`),
});
