import type { Job } from "@graft/api";
import type { Logger } from "../http/observe/log.ts";
import { NOTICE } from "../workers/child-options.ts";
import type { TrainersOptions } from "../workers/trainers.ts";

/** A job with the request that asked for it, so that one id leads from there to what its worker wrote. */
const factsOf = (job: Job | undefined): object =>
  job ? { job: job.id, kind: job.kind, subject: job.subject, request: job.request } : {};

/** Lines of the log about jobs and of those who do them. */
export const jobLog = (log: Logger): TrainersOptions["log"] => ({
  error: (error, job) => log.error({ err: error, ...factsOf(job) }, "A job is in trouble."),
  worker(worker, line, job) {
    const facts = { worker, ...factsOf(job) };
    if (line.startsWith(NOTICE)) log.warn(facts, line.slice(NOTICE.length));
    else log.info(facts, line);
  },
});
