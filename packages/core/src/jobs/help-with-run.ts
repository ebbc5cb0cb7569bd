import { computeShards } from "../train/compute-shards.ts";
import { locationOf, readingOf } from "./open-dataset.ts";
import { weightsOfRun } from "./resume-training.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Computes features for a run that another worker trains: opens what that has, and writes nothing but features.
 * @param options.backend id of the run's.
 * @throws CoreError as the workspace and as `computeShards`.
 */
export async function helpWithRun(
  workspace: Workspace,
  { run: id, backend: name }: { readonly run: string; readonly backend: string },
): Promise<void> {
  const { shards: board, signal, decodeAhead, clock } = workspace;
  if (!board) throw new TypeError("a helper's host has shards");
  const run = await workspace.runs.open(id);
  const { config, datasetName } = run.record;
  const { dataset, prepare } = await workspace.openDataset(locationOf(run) ?? datasetName, readingOf(config));
  const weights = await workspace.loadWeights(weightsOfRun(run));
  const { backend } = await workspace.selectBackend(name);
  const store = await workspace.features();
  await computeShards(
    { config, dataset, split: run.split, weights, backend, prepare, decodeAhead, store, signal },
    { board, clock },
  );
}
