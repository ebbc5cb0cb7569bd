import type { Caller } from "@graft/api";
import { SAMPLE_SWEEP } from "./contract/sample-rows.ts";
import type { ExampleId } from "./example-ids.ts";
import type { TestServices } from "./open-services.ts";

/** Searches of a data set: none was worked on, the completed one is as a worker leaves it. */
export async function exampleSearches(
  { ports, services }: TestServices,
  caller: Caller,
  dataset: string,
): Promise<Readonly<Record<Extract<ExampleId, "$search" | "$waitingSearch">, string>>> {
  const { searches } = services;
  const axes = { recipes: ["gap"], sizes: [75], cuts: ["mixed0"], learningRates: [0.001], seeds: 1 } as const;
  const done = await searches.sweep(caller, { dataset, config: { epochs: 2 }, axes });
  await searches.cancel(caller, done.id);
  const now = Date.now();
  const end = { state: "completed", startedAt: now, endedAt: now, result: SAMPLE_SWEEP } as const;
  await ports.repository.searches.update(done.id, { ...end, isStopAsked: false, worker: "example" });
  const waiting = await searches.findRate(caller, { dataset, config: {} });
  return { $search: done.id, $waitingSearch: waiting.id };
}
