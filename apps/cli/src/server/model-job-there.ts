import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { CoreError, deserializeError, throwIfCancelled } from "@graft/core";
import type { Session } from "../session/session.ts";
import type { ServerClient } from "./client.ts";
import { Patience } from "./patience.ts";
import { waitingWords } from "./waiting-text.ts";

type JobView = Awaited<ReturnType<ServerClient["api"]["modelJobs"]["get"]["query"]>>;

interface Waits {
  readonly signal: AbortSignal;
}

/** Between two looks: soon at first, for what takes a moment. */
const FIRST_LOOK_MS = 50;
const LAST_LOOK_MS = 1000;

/**
 * Has a server work over a model, and waits for it, also when the server is started again meanwhile; Ctrl-C stops it there.
 * @param job.doing "Evaluating there"
 * @param job.begin asks for it; under the same key it may be asked for twice.
 * @param job.tell what came of it; the server is told to keep it no longer then.
 * @throws CoreError why it failed, `cancelled`, `offline` for a server that does not come back.
 */
export async function modelJobThere<T>(
  session: Session,
  client: ServerClient,
  {
    doing,
    begin,
    tell,
  }: {
    readonly doing: string;
    readonly begin: (key: string, options: Waits) => Promise<JobView>;
    readonly tell: (job: string, options: Waits) => Promise<T>;
  },
): Promise<T> {
  const { modelJobs } = client.api;
  const patience = new Patience(session, client.url);
  const key = randomUUID();
  // a request that hangs is given up at Ctrl-C
  const waits = { signal: session.signal };
  session.status(doing);
  let job: JobView | undefined;
  try {
    job = await patience.with(() => begin(key, waits));
    const { id } = job;
    for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(2 * lookMs, LAST_LOOK_MS)) {
      if (job.state !== "queued" && job.state !== "running") break;
      session.status(job.waiting ? `Waiting there: ${waitingWords(job.waiting, job.place)}` : doing);
      await wait(lookMs, undefined, { signal: session.signal }).catch(() => undefined);
      throwIfCancelled(session.signal);
      job = await patience.with(() => modelJobs.get.query({ job: id }, waits));
    }
    if (job.error) throw deserializeError(job.error);
    if (job.state === "cancelled")
      throw new CoreError("cancelled", { what: "The work was stopped on the server." });
    return await patience.with(() => tell(id, waits));
  } finally {
    // what is left of it goes by itself after some days
    if (job) await takeBack(client, job.id).catch(() => undefined);
  }
}

async function takeBack({ api: { modelJobs } }: ServerClient, job: string): Promise<void> {
  const { state } = await modelJobs.cancel.mutate({ job });
  if (state !== "queued" && state !== "running") await modelJobs.remove.mutate({ job });
}
