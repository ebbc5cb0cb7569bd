import { createEventMaker, type Folder, type RunStatus, type StopReason } from "@graft/core";
import type { Clock } from "../ports/clock.ts";
import type { Jobs } from "../ports/jobs.ts";
import type { RunChange, RunRepository } from "../ports/repository.ts";
import type { RunRow } from "../ports/rows.ts";
import type { RunDigests } from "./digests.ts";
import { patiently } from "./patient.ts";
import type { RunEvents } from "./run-events.ts";
import { dropShards } from "./run-shards.ts";
import { UNDER_WAY } from "./run-state.ts";

export interface RunEndingOptions {
  readonly runs: RunRepository;
  readonly events: RunEvents;
  readonly digests: RunDigests;
  /** A run's own folder. */
  readonly folderOf: (run: string) => Folder;
  readonly jobs: Pick<Jobs, "list" | "stop">;
  readonly clock: Clock;
}

/** How runs end, as their rows say it. Events come first: a run is over when all of it is told. */
export class RunEnding {
  readonly #options: RunEndingOptions;

  constructor(options: RunEndingOptions) {
    this.#options = options;
  }

  /** One that nobody works on any more, in one of the states in which nobody does. */
  async over(run: string, status: RunStatus, change: RunChange = {}): Promise<void> {
    const { runs, events, jobs, clock } = this.#options;
    const end = { ...change, state: status, stopAsked: null, endedAt: clock() };
    await patiently(() => runs.update(run, end, UNDER_WAY));
    // who claims one that is left over finds that the run has ended
    await dropShards(jobs, run).catch(() => undefined);
    await events.left(run);
  }

  /** One that waits for another worker than this. */
  async waits(run: string, worker: string): Promise<void> {
    const { runs, events } = this.#options;
    const row = await runs.get(run);
    // the next one may have it already
    if (row?.worker === worker) await runs.update(run, { state: "queued" }, ["running"]);
    await events.left(run);
  }

  /** One that its owner stopped while no worker had it: it has an end like any other. */
  async stopped(row: Pick<RunRow, "id" | "backend">, reason: StopReason): Promise<void> {
    const { events, digests } = this.#options;
    const status = reason === "cancel" ? "cancelled" : "interrupted";
    const { end, lastSeq, checkpoint } = await digests.of(row.id);
    if (end?.status !== status) {
      const { epoch = 0, step } = checkpoint ?? {};
      const told = createEventMaker({ run: row.id, firstSeq: lastSeq + 1, now: this.#options.clock }).make({
        ...{ type: "run-end", status, epochs: epoch, seconds: end?.seconds ?? 0, backend: row.backend ?? "" },
        ...(step === undefined ? {} : { steps: step }),
      });
      await events.append(row.id, [told]);
    }
    if (reason === "cancel") await this.givenUp(row.id);
    await this.over(row.id, status, { error: null });
  }

  /** Nothing goes on from a run that was given up: what it would need takes room. */
  async givenUp(run: string): Promise<void> {
    await this.#options.folderOf(run).folder("checkpoints").clear();
  }
}
