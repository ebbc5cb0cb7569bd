import { Worker } from "node:worker_threads";
import { CoreError } from "@graft/core";
import type { Kernels, Team } from "./team.ts";
import { instantiate } from "./web-assembly.ts";

/** No share of a step takes a second; a thread that is silent for so long is gone. */
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * A thread's whole program. It keeps an instance for each pair of kernels and memory, and answers through shared memory,
 * because the calling thread waits there and runs no events meanwhile.
 */
const WORKER = `
const { parentPort, workerData } = require("node:worker_threads");
const answers = new Int32Array(workerData.answers);
const instances = new Map();
parentPort.on("message", ({ key, module, memory, calls, place, dropped }) => {
  if (dropped !== undefined) return void instances.delete(dropped);
  let answer = 1;
  try {
    if (!instances.has(key)) instances.set(key, new WebAssembly.Instance(module, { graft: { memory } }).exports);
    const kernels = instances.get(key);
    for (const [name, values] of calls) kernels[name](...values);
  } catch {
    answer = 2;
  }
  Atomics.store(answers, place, answer);
  Atomics.notify(answers, place);
});`;

/** Starts no thread before the first work for two; idle ones do not keep the process alive. */
export function createTeam(threads: number): Team {
  const answers = new Int32Array(new SharedArrayBuffer(4 * threads));
  const own = new Map<string, ReturnType<typeof instantiate>>();
  let workers: Worker[] | undefined;
  let lost = false;

  const start = (): Worker[] =>
    Array.from({ length: threads - 1 }, () => {
      const worker = new Worker(WORKER, { eval: true, workerData: { answers: answers.buffer } });
      worker.unref();
      worker.on("error", () => undefined); // its silence is noticed
      return worker;
    });

  const end = async (): Promise<void> => {
    const ended = workers ?? [];
    workers = undefined;
    await Promise.all(ended.map((worker) => worker.terminate()));
  };

  const instanceOf = ({ key, module, memory }: Kernels): ReturnType<typeof instantiate> => {
    const instance = own.get(key) ?? instantiate(module, memory);
    own.set(key, instance);
    return instance;
  };

  const waitFor = (place: number): void => {
    const outcome = Atomics.wait(answers, place, 0, ANSWER_TIMEOUT_MS);
    if (outcome !== "timed-out" && Atomics.load(answers, place) === 1) return;
    lost = true;
    throw new CoreError("backend", {
      what: "A thread of the engine failed.",
      received: outcome === "timed-out" ? "no answer" : "an error in its work",
      fix: "Resume the run; if it happens again, there may be too little memory.",
    });
  };

  return {
    threads,
    run(kernels, shares) {
      if (lost) throw new CoreError("backend", { what: "A thread of the engine failed before." });
      const [mine = [], ...others] = shares;
      if (others.length > 0) workers ??= start();
      const waiting: number[] = [];
      for (const [i, calls] of others.entries()) {
        if (calls.length === 0) continue;
        Atomics.store(answers, i, 0);
        workers?.[i]?.postMessage({ ...kernels, calls, place: i });
        waiting.push(i);
      }
      const instance = instanceOf(kernels);
      for (const [name, values] of mine) instance[name]?.(...values);
      for (const place of waiting) waitFor(place);
    },
    drop(key) {
      own.delete(key);
      for (const worker of workers ?? []) worker.postMessage({ dropped: key });
      // an idle thread collects no garbage, so the memory that it knew goes only with the thread
      if (own.size === 0) void end();
    },
    async close() {
      own.clear();
      await end();
    },
  };
}
