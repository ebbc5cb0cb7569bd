import type { Folder } from "@graft/core";
import type { BlobKeeper } from "../blobs/blob-keeper.ts";
import type { DatasetService } from "../datasets/dataset-service.ts";
import type { Access } from "../identity/access.ts";
import type { AuditService } from "../identity/audit-service.ts";
import type { ModelJobRemoval } from "../model-jobs/model-job-removal.ts";
import type { Job } from "../ports/jobs.ts";
import type { Ports } from "../ports/ports.ts";
import { RowChanges } from "../queue/row-changes.ts";
import { RowWork } from "../queue/row-work.ts";
import { SearchFeatures } from "../searches/search-features.ts";
import { type SearchContext, SearchHandler } from "../searches/search-handler.ts";
import { SearchService } from "../searches/search-service.ts";
import { DecisionService } from "./decision-service.ts";
import { RunDigests } from "./digests.ts";
import { EventService } from "./event-service.ts";
import { FrozenStore } from "./frozen-store.ts";
import { type HelpContext, HelpHandler, type HelpHandlerOptions } from "./help-handler.ts";
import { QueueBoard } from "./queue-board.ts";
import { reconcileRuns } from "./reconcile.ts";
import { ResultService } from "./result-service.ts";
import { RunEnding } from "./run-ending.ts";
import { RunEvents } from "./run-events.ts";
import { RunLocks } from "./run-lock.ts";
import type { RunPlatform } from "./run-platform.ts";
import { RunService } from "./run-service.ts";
import { RunWorkspace } from "./run-workspace.ts";
import { type TrainContext, TrainHandler } from "./train-handler.ts";

/** What runs need of other services. */
export interface RunNeeds {
  /** A run's own folder. */
  readonly folderOf: (run: string) => Folder;
  readonly datasets: Pick<DatasetService, "freeze">;
  readonly keeper: Pick<BlobKeeper, "keep" | "drop">;
  readonly access: Access;
  readonly audit: AuditService;
  readonly modelJobs: Pick<ModelJobRemoval, "removeOf">;
  /** No other process works on this store: whoever holds a run from before is gone. @default false */
  readonly isAlone?: boolean;
}

/** How a host's workers train. */
export interface Training {
  /** What workers ask for. @param signal aborted when the host ends. */
  workspace(platform: RunPlatform, signal: AbortSignal): RunWorkspace;
  /** Does jobs of the kinds "train", "extract", and of every search. */
  handler(workspace: RunWorkspace): {
    readonly handle: (job: Job, context: TrainContext & HelpContext & SearchContext) => Promise<void>;
  };
  /** See `reconcileRuns`, and `RowWork.reconcile` of searches. @returns how many runs were seen to. */
  reconcile(): Promise<number>;
}

export interface RunServices {
  readonly runs: RunService;
  readonly searches: SearchService;
  readonly searchFeatures: SearchFeatures;
  readonly decisions: DecisionService;
  readonly runEvents: EventService;
  readonly results: ResultService;
  readonly training: Training;
  /** What the events of runs come to. */
  readonly digests: RunDigests;
}

export function runServices(
  { repository, blobs, jobs, features, clock }: Ports,
  needs: RunNeeds,
): RunServices {
  const { runs, datasets, searches } = repository;
  const { folderOf, keeper, access, isAlone = false } = needs;
  const frozen = new FrozenStore({ blobs, keeper });
  const events = new RunEvents(runs);
  const digests = new RunDigests(events);
  const locks = new RunLocks({ leases: repository.leases, clock, isAlone });
  const ending = new RunEnding({ runs, events, digests, folderOf, jobs, clock });
  const { workers } = repository;
  const boardOf: HelpHandlerOptions["boardOf"] = (job, context) =>
    new QueueBoard({ jobs, workers, clock, job, context });
  const changes = new RowChanges(searches);
  const work = new RowWork({
    ...{ rows: searches, jobs, clock, changes },
    backendOf: ({ config: { backend } }) => (typeof backend === "string" ? backend : undefined),
  });
  const runService = new RunService({
    ...{ ...needs, repository, jobs, clock, access, events, digests, ending, locks, frozen },
  });
  return {
    digests,
    runs: runService,
    searches: new SearchService({
      ...{ ...needs, searches, workers, jobs, clock, changes, work, frozen, runs: runService },
    }),
    searchFeatures: new SearchFeatures({ access, frozen, features }),
    decisions: new DecisionService({ runs, access, events, clock }),
    runEvents: new EventService({ runs, access, events }),
    results: new ResultService({ repository, access, frozen, folderOf }),
    training: {
      workspace: (platform, signal) =>
        new RunWorkspace({ runs, searches, blobs, frozen, folderOf, events, locks, platform, clock, signal }),
      handler: (workspace) => {
        const train = new TrainHandler({
          ...{ runs, datasets, workspace, events, digests, ending, locks, boardOf, clock },
        });
        const help = new HelpHandler({ runs, jobs, boardOf });
        const search = new SearchHandler({ searches, work, changes, clock });
        return {
          handle: (job, context) => {
            if (job.kind === "extract") return help.handle(job, context);
            const handler = job.kind === "train" ? train : search;
            return handler.handle(job, context);
          },
        };
      },
      async reconcile() {
        await work.reconcile();
        return reconcileRuns({ repository, jobs, ending, locks, clock });
      },
    },
  };
}
