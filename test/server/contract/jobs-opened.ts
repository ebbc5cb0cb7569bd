import { JOB_KINDS, type JobClaim, type Jobs, type NewJob, newId } from "@graft/api";

/** A queue under test. */
export interface OpenedJobs {
  readonly jobs: Jobs;
  /** Nothing is heard of any worker for longer than a job waits for it, and the queue has looked. */
  fallSilent(): Promise<void>;
  /** The same queue as another process sees it; undefined: there can be none beside this. */
  beside(): Promise<Jobs | undefined>;
  /** Ends without a word and opens again what was kept. */
  restart(): Promise<Jobs>;
  close(): Promise<void>;
}

export function newJob(change: Partial<NewJob> = {}): NewJob {
  const id = newId();
  return { id, kind: "train", subject: `run-of-${id}`, owner: "anna", ...change };
}

export const by = (worker: string, change: Partial<JobClaim> = {}): JobClaim => ({
  ...{ worker, kinds: JOB_KINDS, backends: ["onnx:cpu", "cpu"] },
  ...change,
});
