import type { Job, Jobs } from "../ports/jobs.ts";

/** A run's shards that wait or are worked on. */
export async function shardsOf(jobs: Pick<Jobs, "list">, run: string): Promise<readonly Job[]> {
  return (await jobs.list()).filter(({ kind, subject }) => kind === "extract" && subject === run);
}

/** Nobody needs a run's features any more: what waits is over, what is worked on stops. */
export async function dropShards(jobs: Pick<Jobs, "list" | "stop">, run: string): Promise<void> {
  for (const { id } of await shardsOf(jobs, run)) await jobs.stop(id, "cancel");
}
