import {
  type Clock,
  type Job,
  type JobContext,
  type JobKind,
  type Jobs,
  type Repository,
  SEARCH_KINDS,
} from "@graft/api";
import type { WorkerHost, Workspace } from "@graft/core";

/** Jobs that a worker with an engine does. */
export const TRAINER_KINDS: readonly JobKind[] = ["train", "extract", ...SEARCH_KINDS];

/** Does such a job with a worker that was claimed for it; ends and throws as a `JobHandler`. */
export type TrainHandler = (job: Job, context: JobContext & { readonly host: WorkerHost }) => Promise<void>;

export interface TrainersOptions {
  readonly jobs: Jobs;
  readonly workers: Repository["workers"];
  /** What workers ask for: every run of this server. */
  readonly workspace: Workspace;
  readonly train: TrainHandler;
  /** `cachePlace` of the home whose features the workers use. */
  readonly cache: string;
  readonly clock: Clock;
  /** graft's. */
  readonly version: string;
  /** Told of what went wrong, and what workers write. */
  readonly log: {
    readonly error: (error: unknown, job?: Job) => void;
    /** @param job that it has meanwhile. */
    readonly worker: (worker: string, line: string, job?: Job) => void;
  };
}
