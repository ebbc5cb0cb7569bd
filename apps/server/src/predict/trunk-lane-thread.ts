/** A thread with an engine of its own, on which trunks are computed; see `TrunkLane`. */
import { parentPort, workerData } from "node:worker_threads";
import { selectBackend } from "@graft/backend-select";
import { openTrunk, type SharedTrunk, serializeError, type TrunkRow } from "@graft/core";
import type { LaneOrder, LaneReply, LaneSettings, LaneTask } from "./lane-messages.ts";

const { home, backend: name, threads }: LaneSettings = workerData;
const selecting = selectBackend({ home, env: process.env, backend: name, threads });
// heard by the first order
selecting.catch(() => undefined);
const trunks = new Map<number, SharedTrunk>();

async function work(task: LaneTask): Promise<readonly TrunkRow[]> {
  if (task.type === "end") {
    for (const trunk of trunks.values()) trunk[Symbol.dispose]();
    await (await selecting).backend.dispose();
    return [];
  }
  if (task.type === "open") {
    const { backend } = await selecting;
    trunks.set(task.trunk, await openTrunk(task.model, backend, { features: task.features }));
    return [];
  }
  const trunk = trunks.get(task.trunk);
  if (task.type === "run") {
    if (!trunk) throw new TypeError("a trunk is opened before it runs");
    return trunk.run(task.images);
  }
  trunk?.[Symbol.dispose]();
  trunks.delete(task.trunk);
  return [];
}

parentPort?.on("message", async ({ id, task }: LaneOrder) => {
  const reply: LaneReply = await work(task).then(
    (rows) => ({ id, type: "done", rows }),
    (error: unknown) => ({ id, type: "failed", error: serializeError(error) }),
  );
  parentPort?.postMessage(reply);
  if (task.type === "end") parentPort?.close();
});
