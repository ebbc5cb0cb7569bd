import { rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { checkInt8, createOnnxBackend } from "@graft/backend-select";
import {
  type FeatureStore,
  type NextShard,
  portPair,
  type Shard,
  type ShardBoard,
  type TrainConfigInput,
  WorkerHost,
  type Workspace,
} from "@graft/core";
import { NodeWorkspace } from "@graft/core/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../cli/run-graft.ts";
import { copyEmoji } from "../server/workers/host.ts";
import { followed } from "./made-up-worker.ts";
import { workByMessages } from "./worker-of-messages.ts";

const RUN = "20260101-120000-pets-abcd";

/** A workspace as another worker's host sees it. @param change what is another there. */
const like = (workspace: Workspace, change: Partial<Workspace>): Workspace =>
  new Proxy(workspace, {
    get(target, name) {
      const value: unknown = Reflect.get(name in change ? change : target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

function hostOf(workspace: Workspace): WorkerHost {
  const [port, ofWorker] = portPair();
  void workByMessages(ofWorker);
  return new WorkerHost({ port, workspace, crc32 });
}

describe("a worker that helps with a run", () => {
  let folder: string;
  let set: string;
  let homes = 0;
  beforeAll(async () => {
    folder = await temporaryFolder("help");
    set = join(folder, "emoji");
    await copyEmoji(set, 70);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each<[string, Partial<TrainConfigInput>]>([
    ["its likeness", {}],
    ["two changed copies of each image", { augment: { flip: true }, variants: 2 }],
    ["a tail that is trained, too", { cut: "mixed2", fineTune: "mixed1", fineTuneEpochs: 1 }],
  ])("computes all that the run's own worker looks for, with %s", async (_, change) => {
    const workspace = new NodeWorkspace({
      ...{ home: join(folder, `home-${++homes}`), env: process.env, checkInt8, threads: 1 },
      ...{ versions: { graft: "test" }, signal: new AbortController().signal, onEvent: () => undefined },
      selectBackend: async () => ({
        backend: await createOnnxBackend({ provider: "cpu", threads: 1 }),
        refusals: [],
      }),
    });
    await using _workspace = workspace;
    const store = await workspace.features();
    let ownRows = 0;
    const counted: FeatureStore = {
      getMany: (space, keys) => store.getMany(space, keys),
      hasMany: (space, keys) => store.hasMany(space, keys),
      lease: (space) => store.lease(space),
      putMany: async (space, rows) => {
        ownRows += rows.length;
        await store.putMany(space, rows);
      },
    };
    await using helper = hostOf(workspace);
    const offered: Shard[] = [];
    const given: NextShard[] = [];
    const ofHelper: ShardBoard = {
      helpers: async () => 0,
      offer: async () => undefined,
      next: async () => {
        const shard = offered.shift();
        const next = shard ? { shard, open: 1 } : { open: 0 };
        given.push(next);
        return next;
      },
    };
    const ofOwn: ShardBoard = {
      helpers: async () => 1,
      async offer(backend, shards) {
        offered.push(...shards);
        const work = { kind: "extract", run: RUN, backend } as const;
        expect((await followed(helper.work(work, { shards: ofHelper }))).end.status).toBe("completed");
      },
      next: async () => ({ open: 0 }),
    };
    await using own = hostOf(like(workspace, { features: async () => counted }));
    const config = { weights: "bundled", size: 75, cut: "mixed0", epochs: 2, earlyStop: null, ...change };
    const { end } = await followed(
      own.work({ kind: "train", run: RUN, config, dataset: set, datasetName: "emoji" }, { shards: ofOwn }),
    );
    expect(end.error).toBeUndefined();
    expect(end).toMatchObject({ status: "completed" });
    expect(given.length).toBeGreaterThan(2);
    expect(ownRows).toBe(0);
  });
});
