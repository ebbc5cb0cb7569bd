import { ProtocolWorker, portPair, type TrainEvent, type Work, type WorkEnd, WorkerHost } from "@graft/core";
import type { Session } from "../session/session.ts";

/**
 * Does a training by messages, with a worker in this process and over this command's own workspace: a process of its own
 * would take half a second longer to start and send every image (test/bench/bench-worker.ts).
 */
export async function* workHere(session: Session, work: Work): AsyncGenerator<TrainEvent, WorkEnd> {
  const { workspace, signal } = session;
  const [port, ofWorker] = portPair();
  const worker = new ProtocolWorker({ port: ofWorker, open: async () => ({ workspace }) });
  const host = new WorkerHost({ port, workspace });
  try {
    return yield* host.work(work, { signal });
  } finally {
    await host[Symbol.asyncDispose]();
    await worker.done;
  }
}
