import * as z from "zod";
import type { Job } from "../ports/jobs.ts";
import type { WorkerRow } from "../ports/keeping-rows.ts";
import { MODEL_JOB_KINDS } from "../ports/model-job-rows.ts";
import { isGone, workerState } from "./worker-state.ts";

export const waitingSchema = z
  .object({
    reason: z.enum(["no-worker", "others-only", "starting", "no-backend", "busy", "soon"]).meta({
      description:
        "no-worker: none is connected; others-only: those that are connected do other people's work alone; starting: one looks at what its machine has; no-backend: none of those that are connected has the backend; busy: all that can do it are at other work; soon: one is free, and takes it in a moment",
    }),
    backend: z.string().nullable().meta({ description: "That it needs a worker with; null: any will do" }),
    connected: z.int().min(0).meta({ description: "Workers that may do its owner's work" }),
    able: z.int().min(0).meta({ description: "Of those, the ones that can do it" }),
    backends: z.array(z.string()).meta({ description: "That those which are connected have" }),
    refused: z
      .array(z.object({ name: z.string(), version: z.string() }))
      .meta({ description: "Workers that were sent away lately, as they have another version of graft" }),
  })
  .meta({ description: "Why it waits" });

/** Why a job waits. */
export type Waiting = z.infer<typeof waitingSchema>;

/** Who takes in uploads and works over models is the server itself, one after the other, and has no row. */
const BY_SERVER: Waiting = {
  ...{ reason: "busy", backend: null, connected: 1, able: 1 },
  ...{ backends: [], refused: [] },
};

/** @param now milliseconds since 1970 */
export function whyWaiting(
  { kind, backend, owner }: Pick<Job, "kind" | "backend" | "owner">,
  workers: readonly WorkerRow[],
  now: number,
): Waiting {
  if (kind === "import" || MODEL_JOB_KINDS.some((one) => one === kind)) return BY_SERVER;
  const known = workers
    .filter((row) => !isGone(row, now))
    .map((row) => ({ row, state: workerState(row, now) }))
    .filter(({ state }) => state !== "quiet");
  const mayDo = (row: WorkerRow): boolean => row.owner === null || row.owner === owner;
  const present = known.filter(({ state }) => state !== "other-version");
  const connected = present.filter(({ row }) => mayDo(row));
  const able = connected.filter(
    ({ row, state }) => state !== "starting" && (backend === undefined || row.names.includes(backend)),
  );
  return {
    reason: reasonOf(),
    ...{ backend: backend ?? null, connected: connected.length, able: able.length },
    backends: [...new Set(connected.flatMap(({ row }) => row.backends))],
    refused: known
      .filter(({ row, state }) => state === "other-version" && mayDo(row))
      .map(({ row: { name, version } }) => ({ name, version })),
  };

  function reasonOf(): Waiting["reason"] {
    if (able.some(({ state }) => state === "idle")) return "soon";
    if (able.length > 0) return "busy";
    if (connected.some(({ state }) => state === "starting")) return "starting";
    if (connected.length > 0) return "no-backend";
    return present.length > 0 ? "others-only" : "no-worker";
  }
}
