import { describe, expect, it } from "vitest";
import type { WorkerRow } from "../ports/keeping-rows.ts";
import { MODEL_JOB_KINDS } from "../ports/model-job-rows.ts";
import { whyWaiting } from "./why-waiting.ts";

const NOW = 1_000_000;
const cpu: WorkerRow = {
  ...{ id: "1", name: "worker 1", version: "0.1.0", kind: "local", threads: 2, groups: [] },
  ...{ backends: ["onnx:cpu", "tfjs:wasm"], names: ["onnx:cpu", "tfjs:wasm", "cpu", "wasm"] },
  ...{ owner: null, state: "ready", startedAt: NOW - 60_000, heardAt: NOW - 1000, job: null },
};
const starting: WorkerRow = { ...cpu, id: "2", state: "starting", backends: [], names: [] };
const older: WorkerRow = { ...starting, id: "3", name: "lab-3", version: "0.0.9", state: "refused" };
const berts: WorkerRow = { ...cpu, id: "4", owner: "bert" };
const gpu: WorkerRow = { ...cpu, id: "5", backends: ["onnx:webgpu"], names: ["onnx:webgpu", "webgpu"] };

const why = (workers: readonly WorkerRow[], backend?: string) =>
  whyWaiting({ kind: "train", owner: "anna", ...(backend === undefined ? {} : { backend }) }, workers, NOW);
const busy = (worker: WorkerRow): WorkerRow => ({ ...worker, job: "j" });

describe("why a job waits", () => {
  it.each([
    ["nobody is there", [], undefined, "no-worker", 0, 0],
    ["who was there is silent for 20 s", [{ ...cpu, heardAt: NOW - 20_001 }], undefined, "no-worker", 0, 0],
    ["who is there works for another account", [berts], undefined, "others-only", 0, 0],
    ["the first one looks at its machine", [starting], "cpu", "starting", 1, 0],
    ["nobody has its backend", [cpu, busy(cpu)], "webgpu", "no-backend", 2, 0],
    ["nobody has it yet, but one may", [cpu, starting], "webgpu", "starting", 2, 0],
    ["who has it has other work", [cpu, busy(gpu)], "webgpu", "busy", 2, 1],
    ["all have other work", [busy(cpu), busy(gpu)], undefined, "busy", 2, 2],
    ["who has it works for another account", [cpu, { ...gpu, owner: "bert" }], "webgpu", "no-backend", 1, 0],
    ["one that is free has not taken it yet", [busy(cpu), gpu], undefined, "soon", 2, 2],
    ["one that is free has it by its id", [cpu], "tfjs:wasm", "soon", 1, 1],
  ] as const)("when %s", (_, workers, backend, reason, connected, able) => {
    expect(why(workers, backend)).toMatchObject({ reason, connected, able, backend: backend ?? null });
  });

  it("names what is there, each once, and who was sent away lately", () => {
    expect(why([cpu, busy(cpu), older, berts], "webgpu")).toMatchObject({
      backends: ["onnx:cpu", "tfjs:wasm"],
      refused: [{ name: "lab-3", version: "0.0.9" }],
    });
    expect(why([older])).toMatchObject({ reason: "no-worker", connected: 0, refused: [{ name: "lab-3" }] });
    const [long, others] = [
      { ...older, heardAt: NOW - 300_001 },
      { ...older, owner: "bert" },
    ];
    expect(why([long, others]).refused).toEqual([]);
  });

  it.each(["import", ...MODEL_JOB_KINDS] as const)(
    "is the server's own other work for %s, which it does itself",
    (kind) => {
      expect(whyWaiting({ kind, owner: "anna" }, [], NOW)).toMatchObject({ reason: "busy" });
    },
  );
});
