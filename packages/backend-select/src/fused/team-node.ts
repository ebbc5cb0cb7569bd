import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { openTeam, type Team, type TeamThread, THREAD_SOURCE } from "./team.ts";

const PROGRAM = `
const { parentPort, workerData } = require("node:worker_threads");
parentPort.on("message", (${THREAD_SOURCE})(workerData));
parentPort.postMessage("ready");`;

async function startThread(answers: SharedArrayBuffer): Promise<TeamThread> {
  const worker = new Worker(PROGRAM, { eval: true, workerData: answers });
  await once(worker, "message"); // rejects with what stops the worker before
  worker.unref(); // an idle one does not keep the process alive
  worker.on("error", () => undefined); // its silence is noticed
  return {
    postMessage: (message) => worker.postMessage(message),
    terminate: async () => {
      await worker.terminate();
    },
  };
}

/** A team of Node's worker threads. @throws CoreError `backend` when one does not start. */
export const openNodeTeam = (threads: number): Promise<Team> => openTeam(threads, startThread);
