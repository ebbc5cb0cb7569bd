import { computeShards } from "../train/compute-shards.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Computes features for a run that another worker trains: opens as much of it as that takes, and writes nothing but features.
 * @param options.backend id of the run's.
 * @throws CoreError as the workspace and as `computeShards`.
 */
export async function helpWithRun(
  workspace: Workspace,
  { run, backend: name }: { readonly run: string; readonly backend: string },
): Promise<void> {
  const { shards: board, signal, decodeAhead, clock } = workspace;
  if (!board || !workspace.openHelp) throw new TypeError("a helper's host has shards");
  const { learnsLikeness, ...opened } = await workspace.openHelp(run);
  const { backend } = await workspace.selectBackend(name);
  const store = await workspace.features();
  await computeShards({ ...opened, backend, decodeAhead, store, signal }, { board, learnsLikeness, clock });
}
