// node training-child.js OPTIONS, started by `worker-process.ts`: trains for its parent, in a process that may be killed.
import { constants, setPriority } from "node:os";
import { parentPort } from "@graft/core/node";
import { childOptionsSchema, NOTICE } from "./child-options.ts";
import { TrainingWorker } from "./training-worker.ts";

// Ctrl-C and a service's end reach every process: the parent says when this one is to stop
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
// who waits for a page or an answer goes first
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const options = childOptionsSchema.parse(JSON.parse(process.argv[2] ?? "{}"));
const onNotice = (notice: string): void => void process.stderr.write(`${NOTICE}${notice}\n`);
await using worker = new TrainingWorker({ ...options, env: process.env, onNotice });
await worker.work(parentPort());
