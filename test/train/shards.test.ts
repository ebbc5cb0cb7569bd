import {
  type Backend,
  createMemoryFeatureStore,
  createRandom,
  type FeatureStore,
  type Graph,
  type HostTensor,
  type NextShard,
  preparedBy,
  type Shard,
  type ShardBoard,
  type TrainOptions,
} from "@graft/core";
import { createReferenceBackend } from "@graft/core/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { randomTrunkWeights } from "./random-trunk.ts";
import { makeDataset, makeTraining, runTraining } from "./training-problem.ts";

/** An engine whose trunk makes features of a picture's first pixel; heads are the reference's. */
function quickTrunk(): Backend {
  const reference = createReferenceBackend({ statePrecision: "float32" });
  const trunk = ({ outputs: wanted, nodes }: Graph) => ({
    async run({ images }: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
      const [batch = 0, ...pixel] = images?.shape ?? [];
      const length = pixel.reduce((product, side) => product * side, 1);
      const outputs = Object.entries(wanted).map(([name, id]) => {
        const shape = (nodes[id]?.shape ?? []).map((side) => (side === "batch" ? batch : side));
        const width = shape.reduce((product, side) => product * side, 1) / batch;
        const rows = Array.from({ length: batch }, (_, at) => {
          const random = createRandom("row", images?.data[at * length] ?? 0);
          return Array.from({ length: width }, () => random());
        });
        return [name, { shape, data: Float32Array.from(rows.flat()) }] as const;
      });
      return Object.fromEntries(outputs);
    },
    dispose: () => undefined,
  });
  return {
    ...{ id: reference.id, kind: reference.kind, device: reference.device },
    limits: { ...reference.limits, preferredBatch: 16 },
    compile: async (graph) =>
      graph.nodes.some((node) => node.kind === "input" && node.name === "images")
        ? trunk(graph)
        : reference.compile(graph),
    createState: (graph) => reference.createState(graph),
    dispose: () => reference.dispose(),
    [Symbol.asyncDispose]: () => reference.dispose(),
  };
}

/** A board whose helper takes every other shard, and puts into the store what it is told to. */
class Board implements ShardBoard {
  readonly offers: (readonly Shard[])[] = [];
  #waiting: Shard[] = [];
  #isOwn = false;

  helpers = async (): Promise<number> => 1;

  async offer(_backend: string, shards: readonly Shard[]): Promise<void> {
    this.offers.push(shards);
    this.#waiting = [...shards];
  }

  async next(): Promise<NextShard> {
    this.#isOwn = !this.#isOwn;
    const shard = this.#waiting.shift();
    const open = this.#waiting.length + Number(shard !== undefined);
    return this.#isOwn ? { shard, open } : { open: this.#waiting.length };
  }
}

const dataset = makeDataset(400);
const prepare = preparedBy("drawn-1", async ({ hash }, { size }, _, variants) =>
  variants.map((variant) =>
    new Uint8Array(size * size * 3).fill((Number.parseInt(hash.slice(-4), 16) + variant) % 251),
  ),
);
let backend: Backend;
const training = (given: Partial<TrainOptions>): TrainOptions =>
  makeTraining(
    backend,
    { epochs: 2, earlyStop: null, augment: {}, variants: 2 },
    { dataset, prepare, weights: randomTrunkWeights("mixed0"), ...given },
  );
let alone: Awaited<ReturnType<typeof runTraining>>;

beforeAll(async () => {
  backend = quickTrunk();
  alone = await runTraining(training({ store: createMemoryFeatureStore() }));
  expect(alone.result.status).toBe("completed");
});
afterAll(() => backend.dispose());

const expectAlone = ({ history, result, events }: typeof alone): void => {
  expect(result.status).toBe("completed");
  expect(history).toEqual(alone.history);
  const done = events.flatMap((event) =>
    event.type === "progress" && event.phase === "features" ? [event.done] : [],
  );
  // each amount once
  expect(done).toEqual([...new Set(done)].toSorted((a, b) => a - b));
  expect(done.at(-1)).toBe(2 * 300 + 100);
};

it("a training whose helper never delivers computes what is missing itself, to the same numbers", async () => {
  const board = new Board();
  expectAlone(await runTraining(training({ store: createMemoryFeatureStore(), shards: board })));
  expect(board.offers).toHaveLength(1);
  const [offered = []] = board.offers;
  const sizes = offered.map(({ from, to }) => to - from);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(400);
  for (const size of sizes) expect(size).toBeLessThanOrEqual(64);
});

it("a training whose store keeps nothing takes back what it offered, to the same numbers", async () => {
  const board = new Board();
  const forgetful: FeatureStore = createMemoryFeatureStore({ maxBytes: 0 });
  expectAlone(await runTraining(training({ store: forgetful, shards: board })));
  expect(board.offers.map(({ length }) => length > 0)).toEqual([true, false]);
});

it("a training that lacks little offers nothing, and one that goes on from some rows offers the others", async () => {
  const store = createMemoryFeatureStore();
  const first = dataset.images.slice(0, 300);
  const part = { ...dataset, images: first };
  await runTraining(training({ dataset: part, store, shards: new Board() }));
  const board = new Board();
  expectAlone(await runTraining(training({ store, shards: board })));
  const few = new Board();
  expectAlone(await runTraining(training({ store, shards: few })));
  expect(few.offers).toEqual([]);
  expect(board.offers).toHaveLength(1);
});
