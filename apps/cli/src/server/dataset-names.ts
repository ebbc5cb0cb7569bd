import type { ServerClient } from "./client.ts";

/** The names that people know, by id, of the data sets that rows are of. */
export async function datasetNames(
  { datasets }: ServerClient["api"],
  rows: readonly { readonly dataset: string }[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const dataset of new Set(rows.map((row) => row.dataset)))
    names.set(dataset, (await datasets.get.query({ dataset })).name);
  return names;
}
