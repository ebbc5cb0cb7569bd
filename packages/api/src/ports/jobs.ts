/** The queue: pieces of work that workers claim, each done once or told why not. On a server it is durable. */
import type { SerializedError, StopReason } from "@graft/core";

export const JOB_KINDS = ["import", "thumbnails", "train"] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export interface NewJob {
  /** The same id is the same job: submitting it again changes nothing. */
  readonly id: string;
  readonly kind: JobKind;
  /** What it is about: a run's id, an upload's, a data set's. */
  readonly subject: string;
  /** Account that it is for. */
  readonly owner: string;
  /** Needs a worker that has this backend (kind or id). */
  readonly backend?: string;
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
  /** Backends of the worker, by id. */
  readonly backends: readonly string[];
}

export interface Jobs {
  submit(job: NewJob): Promise<void>;
  /** First in line that the worker can do; undefined: there is none. */
  claim(claim: JobClaim): Promise<Job | undefined>;
  /**
   * The worker lives. A job that nothing is heard of for 30 s goes back into the line.
   * @returns what the worker is to do: stop it for now, for good, or drop it ("lost": it is somebody else's by now).
   */
  beat(id: string, worker: string): Promise<"go-on" | StopReason | "lost">;
  /** @returns false for a job that is not the worker's any more. */
  complete(id: string, worker: string): Promise<boolean>;
  /** @param options.retry it goes back into the line, at most three times. */
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
  /** Told when a job may be claimed or must be stopped. @returns what ends it. */
  onChange(listener: () => void): () => void;
}

/**
 * Does a job that a worker has claimed.
 * @param context.signal aborted when the job is to stop; its reason says whether for good (`StopReason`).
 * @returns when it is done for good: a training that was stopped by its owner or that failed by itself, too.
 * @throws CoreError what keeps it from being done; code `backend` (the worker is gone) and `cancelled` (stopped for now by the
 *   host) put it back into the line.
 */
export type JobHandler = (
  job: Job,
  context: { readonly worker: string; readonly signal: AbortSignal },
) => Promise<void>;
