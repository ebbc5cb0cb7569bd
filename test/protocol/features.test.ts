import { createOnnxBackend } from "@graft/backend-select";
import {
  CoreError,
  computeFeaturesJob,
  createMemoryFeatureStore,
  type FeatureSpace,
  type FeatureStore,
  messagePort,
  ProtocolWorker,
  parseTrainConfig,
  type SearchProgress,
  type SearchResult,
  type SearchWork,
  WorkerHost,
  type Workspace,
} from "@graft/core";
import { testingWorkspace } from "@graft/core/testing";
import { afterAll, describe, expect, it } from "vitest";
import { randomTrunkWeights } from "../train/random-trunk.ts";
import { PETS } from "./made-up-worker.ts";

const CONFIG = { size: 75, cut: "mixed0" } as const;
const WORK: SearchWork = { kind: "features", dataset: "pets", config: CONFIG, pool: "avg" };

// the reference backend takes ten seconds a batch
const backend = await createOnnxBackend({ provider: "cpu", threads: 1 });
afterAll(() => backend.dispose());
const weights = randomTrunkWeights("mixed0");
const hostOfMemory = (signal?: AbortSignal): Workspace =>
  testingWorkspace({ backend, dataset: PETS, weights, ...(signal ? { signal } : {}) });

type HostSide = Pick<ConstructorParameters<typeof WorkerHost>[0], "spaceOf">;

/** A worker that keeps its rows in a store. */
async function computed(
  store: FeatureStore,
  host: HostSide = {},
): Promise<{ readonly progress: readonly SearchProgress[]; readonly result: SearchResult }> {
  const { port1, port2 } = new MessageChannel();
  const workspace: Workspace = { ...hostOfMemory(), features: async () => store };
  const worker = new ProtocolWorker({
    port: messagePort(port2, () => port2.close()),
    open: async ({ signal }) => ({
      workspace: { ...hostOfMemory(signal), features: async () => store },
    }),
  });
  const port = messagePort(port1, () => port1.close());
  await using asked = new WorkerHost({ port, workspace, ...host });
  const progress: SearchProgress[] = [];
  const told = asked.search(WORK);
  let next = await told.next();
  for (; !next.done; next = await told.next()) progress.push(next.value);
  void worker.done;
  return { progress, result: next.value };
}

function featuresOf(result: SearchResult) {
  if (result.kind !== "features") throw new TypeError("features were asked for");
  return result.features;
}

describe("features by a worker", () => {
  it("are all in its store, bit for bit what the job here computes, and it tells where", async () => {
    const store = createMemoryFeatureStore();
    const { progress, result } = await computed(store);
    expect(progress.at(-1)).toEqual({
      phase: "features",
      done: PETS.images.length,
      total: PETS.images.length,
    });
    const { numRows, rowShape, space, weights: told } = featuresOf(result);
    const here = await computeFeaturesJob(hostOfMemory(), {
      ...{ source: "pets", config: parseTrainConfig(CONFIG), pool: "avg" },
    });
    expect([numRows, rowShape]).toEqual([here.table.numRows, here.table.rowShape]);
    expect(told).toEqual(here.description.weights);
    expect(space).toMatchObject({ cut: "mixed0", pool: "avg", backend: here.description.backend });
    const rows = await store.getMany(
      space,
      PETS.images.map(({ hash }) => ({ hash, variant: 0 })),
    );
    const width = rowShape[0] ?? 0;
    const expected = new Float32Array(numRows * width);
    await here.table.read([...rows.keys()], expected);
    expect(rows.map((row, at) => row?.every((value, i) => value === expected[at * width + i]))).toEqual(
      rows.map(() => true),
    );
  });

  it("hold their space while they are computed, and no longer", async () => {
    const store = createMemoryFeatureStore();
    let held = 0;
    const atPut: number[] = [];
    await computed({
      ...store,
      putMany: async (space, rows) => {
        atPut.push(held);
        await store.putMany(space, rows);
      },
      lease: async () => {
        held++;
        return { [Symbol.asyncDispose]: async () => void held-- };
      },
    });
    expect(new Set(atPut)).toEqual(new Set([1]));
    expect(held).toBe(0);
  });

  it("fail whole where the store has no room for some of them", async () => {
    const rowBytes = 256 * 4;
    const store = createMemoryFeatureStore({ maxBytes: 5 * rowBytes });
    await expect(computed(store)).rejects.toMatchObject({
      code: "disk-full",
      message: expect.stringContaining("no room"),
    });
    // a disk that is full says so itself
    const full = new CoreError("disk-full", { what: "The disk is full." });
    const onFullDisk = { ...createMemoryFeatureStore(), putMany: () => Promise.reject(full) };
    await expect(computed(onFullDisk)).rejects.toThrow("The disk is full.");
  });

  it("of a worker whose space is its own are told of in the host's", async () => {
    const store = createMemoryFeatureStore();
    const spaceOf = (space: FeatureSpace): FeatureSpace => ({ ...space, engineVersion: "marked" });
    const { result } = await computed(store, { spaceOf });
    expect(featuresOf(result).space.engineVersion).toBe("marked");
  });
});
