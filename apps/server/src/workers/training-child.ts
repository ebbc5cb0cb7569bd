// node training-child.js OPTIONS, started by `worker-process.ts`: trains for its parent, in a process that may be killed.
import { constants, setPriority } from "node:os";
import { parentPort } from "@graft/core/node";
import { HomeFeatures } from "../runs/home-features.ts";
import { childOptionsSchema } from "./child-options.ts";
import { TrainingWorker } from "./training-worker.ts";

// Ctrl-C and a service's end reach every process: the parent says when this one is to stop
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
// who waits for a page or an answer goes first
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const { sharesHome, ...options } = childOptionsSchema.parse(JSON.parse(process.argv[2] ?? "{}"));
// a notice is a line of the parent's log
await using kept = new HomeFeatures(options.home, (notice) => process.stderr.write(`${notice}\n`));
const features = sharesHome === true ? kept : undefined;
await using worker = new TrainingWorker({ ...options, features, env: process.env });
await worker.work(parentPort());
