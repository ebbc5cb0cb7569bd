import type { Caller } from "@graft/api";
import type { FeatureSpace, SearchResult } from "@graft/core";
import { SAMPLE_SWEEP } from "./contract/sample-rows.ts";
import type { ExampleId } from "./example-ids.ts";
import type { TestServices } from "./open-services.ts";

/** Searches of a data set: none was worked on, the completed one is as a worker leaves it. */
export async function exampleSearches(
  { ports, services }: TestServices,
  caller: Caller,
  dataset: string,
): Promise<Readonly<Record<Extract<ExampleId, "$search" | "$features" | "$waitingSearch">, string>>> {
  const { searches } = services;
  const axes = { recipes: ["gap"], sizes: [75], cuts: ["mixed0"], learningRates: [0.001], seeds: 1 } as const;
  const done = await searches.sweep(caller, { dataset, config: { epochs: 2 }, axes });
  await searches.cancel(caller, done.id);
  const now = Date.now();
  const end = { state: "completed", startedAt: now, endedAt: now, result: SAMPLE_SWEEP } as const;
  await ports.repository.searches.update(done.id, { ...end, isStopAsked: false, worker: "example" });
  const waiting = await searches.findRate(caller, { dataset, config: {} });
  return {
    ...{ $search: done.id, $waitingSearch: waiting.id },
    $features: await exampleFeatures({ ports, services }, caller, dataset),
  };
}

const SPACE: FeatureSpace = {
  ...{ decoder: "none-1", rule: { version: 1, size: 75, fit: "stretch", resize: "bilinear" } },
  ...{ weights: "example", inputRange: [0, 1], cut: "mixed0", pool: "avg", augmentation: null },
  ...{ cacheType: "float32", backend: "onnx:cpu", engineVersion: "example" },
};

/** Two numbers of each picture, as if a worker had computed them. */
async function exampleFeatures(
  { ports, services }: Pick<TestServices, "ports" | "services">,
  caller: Caller,
  dataset: string,
): Promise<string> {
  const { repository, features } = ports;
  if (!features) throw new TypeError("the services keep features");
  const { id } = await services.searches.features(caller, { dataset, config: { size: 75 }, pool: "avg" });
  await services.searches.cancel(caller, id);
  const { dataset: frozen } = await services.datasets.freeze(dataset);
  const rows = frozen.images.map(({ hash }, at) => {
    return { key: { hash, variant: 0 }, row: Float32Array.of(at, -at) };
  });
  const store = await features.open();
  await store.putMany(SPACE, rows);
  const result: SearchResult = {
    kind: "features",
    features: {
      ...{ numRows: rows.length, rowShape: [2], space: SPACE },
      weights: { source: "bundled", origin: "example", sha256: "example", inputRange: [0, 1] },
    },
  };
  const now = Date.now();
  const end = { state: "completed", startedAt: now, endedAt: now, result } as const;
  await repository.searches.update(id, { ...end, isStopAsked: false, worker: "example" });
  return id;
}
