import { MODEL_JOB_KINDS, newId, type Ports, type Services } from "@graft/api";
import { JobClaimer } from "../../apps/server/src/workers/job-claimer.ts";

/** Who does jobs over models, as a server does. */
export interface ModelWork {
  /** Ends as a server that is shut down: what is under way goes back into the line. */
  stop(): Promise<void>;
  start(): void;
}

/** Begins at once. @param onError hears what went wrong with the queue, or was a defect. */
export function doModelJobs(
  { jobs }: Pick<Ports, "jobs">,
  { modelWork }: Pick<Services, "modelWork">,
  onError: (error: unknown) => void,
): ModelWork {
  let claimer: JobClaimer | undefined;
  const work: ModelWork = {
    async stop() {
      await claimer?.close();
      claimer = undefined;
    },
    start() {
      claimer ??= new JobClaimer({
        ...{ jobs, worker: newId(), kinds: MODEL_JOB_KINDS, backends: [], onError },
        handle: modelWork.handle,
      });
    },
  };
  work.start();
  return work;
}
