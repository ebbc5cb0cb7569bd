/** The queue: pieces of work that workers claim, each done once or told why not. On a server it is durable. */
import type { SerializedError, Shard, StopReason } from "@graft/core";
import { MODEL_JOB_KINDS } from "./model-job-rows.ts";
import { SEARCH_KINDS } from "./search-rows.ts";

/** extract: a shard of a run's features; all others come before it in the line. */
export const JOB_KINDS = ["import", "train", "extract", ...SEARCH_KINDS, ...MODEL_JOB_KINDS] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export interface NewJob {
  /** The same id is the same job: submitting it again changes nothing. */
  readonly id: string;
  readonly kind: JobKind;
  /** What it is about: a run's id, a search's, a model job's, an upload's. */
  readonly subject: string;
  /** Account that it is for. */
  readonly owner: string;
  /** Needs a worker that has this backend (kind or id), or of a shard: that is of this group (`WorkerRow.groups`). */
  readonly backend?: string;
  /** What is to be computed, of kind "extract". */
  readonly shard?: Shard;
  /** The request that asked for it, for logs. */
  readonly request?: string;
}

export interface Job extends NewJob {
  readonly state: "waiting" | "active" | "done" | "failed" | "cancelled";
  /** Place in the queue among those that wait, from 1. */
  readonly place?: number;
  readonly submittedAt: number;
  readonly worker?: string;
  /** How often it was begun before. */
  readonly attempts: number;
  readonly error?: SerializedError;
}

/** What a worker asks for. */
export interface JobClaim {
  readonly worker: string;
  readonly kinds: readonly JobKind[];
  /** Backends of the worker, ids and kinds, and its groups: whatever a job may name. */
  readonly backends: readonly string[];
  /** Only jobs of this account. @default everybody's */
  readonly owner?: string | undefined;
  /** Only jobs about this. @default any */
  readonly subject?: string | undefined;
  /** None while a job of these kinds waits that the worker can do. @default none keeps it */
  readonly unless?: readonly JobKind[] | undefined;
}

/** What has changed in the queue: a job waits that did not ("waits"), or one that is worked on is to stop ("stop"). */
export type JobsChange = "waits" | "stop";

export interface Jobs {
  /** All at once, or none. */
  submit(...jobs: readonly NewJob[]): Promise<void>;
  /** First in line that the worker can do; undefined: there is none. */
  claim(claim: JobClaim): Promise<Job | undefined>;
  /**
   * The worker lives. A job that nothing is heard of for 30 s goes back into the line, at most three times.
   * @param options.hasKept something was kept since the beat before that the next worker goes on from (a checkpoint): those
   *   three times are counted anew. @default false
   * @returns what the worker is to do: stop it for now, for good, or drop it ("lost": it is somebody else's by now).
   */
  beat(
    id: string,
    worker: string,
    options?: { readonly hasKept?: boolean },
  ): Promise<"go-on" | StopReason | "lost">;
  /** @returns false for a job that is not the worker's any more. */
  complete(id: string, worker: string): Promise<boolean>;
  /** @param options.retry it goes back into the line, at most three times, as for a worker that fell silent. */
  fail(
    id: string,
    worker: string,
    options: { readonly error: SerializedError; readonly retry: boolean },
  ): Promise<boolean>;
  /** Puts it back at the head of the line: its worker ends. */
  release(id: string, worker: string): Promise<boolean>;
  /** A waiting one is over at once; an active one hears of it with the next beat. @returns false for one that has ended. */
  stop(id: string, reason: StopReason): Promise<boolean>;
  get(id: string): Promise<Job | undefined>;
  /** Active ones, then those that wait, in the order of the line. */
  list(): Promise<readonly Job[]>;
  /** Puts a waiting job before all others, or after them. @returns false for one that does not wait. */
  move(id: string, to: "front" | "back"): Promise<boolean>;
  /** Told when a job may be claimed or must be stopped; now and then without need. @returns what ends it. */
  onChange(listener: (change: JobsChange) => void): () => void;
}

/** What who does a job is told by its worker, and tells it. */
export interface JobContext {
  readonly worker: string;
  /** Aborted when the job is to stop; its reason says whether for good (`StopReason`). */
  readonly signal: AbortSignal;
  /**
   * Who stopped it. True: the host, which ends, or has lost the job; it is gone on with elsewhere, so `cancelled` is to be
   * thrown. False: its owner; it is over.
   */
  readonly isForHost: () => boolean;
  /** To be called when something was kept that the job is gone on from if its worker dies (`Jobs.beat`). */
  readonly hasKept: () => void;
  /** See `WorkerRow`. */
  readonly groups: readonly string[];
  /** Claims one more job for the same worker, which whoever asks looks after: beats, and tells how it ended. */
  readonly claim: (about: Pick<JobClaim, "kinds" | "subject" | "unless">) => Promise<Job | undefined>;
  /** From now on whoever does this job looks after it likewise. */
  readonly handOver: () => void;
}

/**
 * Does a job that a worker has claimed.
 * @returns when it is done for good: a training that was stopped by its owner or that failed by itself, too.
 * @throws CoreError what keeps it from being done. These put it back into the line: `cancelled` (stopped by the host),
 *   `unreadable`, `disk-full` and `busy` (the host is in trouble, not the job) at its head, `backend` (the worker is gone) at
 *   most three times. Any other fails it.
 */
export type JobHandler = (job: Job, context: JobContext) => Promise<void>;
