import type { Worker } from "node:worker_threads";
import { deserializeError, type Model, type SharedTrunk, type TrunkRow } from "@graft/core";
import { startThread } from "@graft/core/node";
import type { LaneOrder, LaneReply, LaneSettings, LaneTask } from "./lane-messages.ts";

interface Waiting {
  readonly resolve: (rows: readonly TrunkRow[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A thread with an engine of its own, for trunks that are computed beside others: two threads with a batch each do more than both
 * together do with one, and the process hears its callers meanwhile (ONNX Runtime's calls hold up the thread that makes them).
 */
export class TrunkLane {
  readonly #settings: LaneSettings;
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #lastTrunk = 0;

  /** Its thread starts with the first trunk. */
  constructor(settings: LaneSettings) {
    this.#settings = settings;
  }

  /** As `openTrunk` of core. @throws as it. */
  async openTrunk(model: Model, { features }: { readonly features: boolean }): Promise<SharedTrunk> {
    const trunk = ++this.#lastTrunk;
    await this.#ask({ type: "open", trunk, model, features });
    return {
      run: (images) => this.#ask({ type: "run", trunk, images }),
      [Symbol.dispose]: () => void this.#ask({ type: "close", trunk }).catch(() => undefined),
    };
  }

  /** Once all that was asked has ended. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    const gone = new Promise((resolve) => worker.once("exit", resolve));
    await this.#ask({ type: "end" });
    await gone;
  }

  #start(): Worker {
    const worker = startThread("trunk-lane-thread", import.meta.url, { workerData: this.#settings });
    worker.on("message", (reply: LaneReply) => this.#hear(reply));
    // a defect of the thread ends the process, which is started again, and asked again
    worker.on("error", (error) => {
      throw error;
    });
    return worker;
  }

  #ask(task: LaneTask): Promise<readonly TrunkRow[]> {
    const id = ++this.#lastId;
    const order: LaneOrder = { id, task };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker ??= this.#start();
      this.#worker.postMessage(order);
    });
  }

  #hear(reply: LaneReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.type === "done") waiting?.resolve(reply.rows);
    else waiting?.reject(deserializeError(reply.error));
  }
}
