import * as z from "zod";
import { time, timeOutput } from "../identity/shapes.ts";
import type { WorkerView } from "./queue-service.ts";
import { WORKER_STATES } from "./worker-state.ts";

export const workerSchema = z.object({
  ...{ id: z.string(), name: z.string() },
  version: z.string().meta({ description: "Of graft" }),
  kind: z.enum(["local", "remote"]),
  state: z.enum(WORKER_STATES).meta({
    description:
      "starting: it looks at what its machine has; quiet: nothing was heard of it for 20 s; other-version: it was sent away, as its graft is not of this server's version",
  }),
  backends: z.array(z.string()),
  ownFeatures: z.array(z.string()).meta({
    description:
      "Backends with which it computes in a space of its own: their numbers differ from this server's in the last bits, so it takes whole trainings and shares no features",
  }),
  threads: z.int().min(0),
  startedAt: timeOutput,
  heardAt: timeOutput,
  subject: z.string().nullable().meta({ description: "Id of the run that it works on; null for another's" }),
});

export function workerAnswer(worker: WorkerView): z.infer<typeof workerSchema> {
  const { id, name, version, kind, state, backends, ownFeatures, threads, subject } = worker;
  return {
    ...{ id, name, version, kind, state, threads, backends: [...backends] },
    ...{ startedAt: time(worker.startedAt), heardAt: time(worker.heardAt), subject: subject ?? null },
    ownFeatures: [...ownFeatures],
  };
}
