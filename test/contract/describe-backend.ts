import { type Backend, GraphBuilder } from "@graft/core";
import { describe, expect, it } from "vitest";
import type { TestBackend } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { memoryContract } from "./memory.ts";
import { opsContract } from "./ops.ts";
import { programsContract } from "./programs.ts";
import { statesContract } from "./states.ts";
import { trainingContract } from "./training.ts";

/** What a backend says of itself. */
function factsContract(backend: Backend, { id, kind }: TestBackend): void {
  describe("says of itself", () => {
    it("its id, kind, device and limits", () => {
      expect({ id: backend.id, kind: backend.kind }).toEqual({ id, kind });
      expect(id).toBe(`${backend.device.engine}:${id.split(":")[1]}`);
      expect(backend.device.name).not.toBe("");
      expect(backend.device.engineVersion).toMatch(/^\d/);
      expect(backend.limits.maxTensorBytes).toBeGreaterThanOrEqual(128 * 2 ** 20);
      expect(backend.limits.blockBytes).toBeGreaterThan(0);
      expect(backend.limits.preferredBatch).toBeGreaterThanOrEqual(1);
    });
  });
}

function lifetimeContract(candidate: TestBackend): void {
  describe("a backend of its own", () => {
    it("may be disposed of twice; programs and states are unusable then, another backend is not", async () => {
      const [one, two] = [await candidate.open(), await candidate.open()];
      if ("refusal" in one || "refusal" in two) throw new Error("it could be opened before");
      const builder = new GraphBuilder();
      builder.output("y", builder.parameter("w", [1]));
      const graph = builder.build();
      const state = await one.createState(graph);
      const program = await one.compile(graph);
      await one.dispose();
      await one.dispose();
      await expect(one.compile(graph)).rejects.toMatchObject({ code: "backend" });
      await expect(one.createState(graph)).rejects.toMatchObject({ code: "backend" });
      await expect(program.run({}, state)).rejects.toMatchObject({ code: "backend" });
      const { y } = await (await two.compile(graph)).run({}, await two.createState(graph));
      expect([...(y?.data ?? [])]).toEqual([0]);
      await two.dispose();
    });
  });
}

/** All that graft asks of an engine, registered as tests. Await it at a test file's top level. */
export async function describeBackend(candidate: TestBackend): Promise<void> {
  await describeOn(candidate, (backend) => {
    factsContract(backend, candidate);
    opsContract(backend, candidate.tolerance);
    programsContract(backend);
    statesContract(backend);
    trainingContract(backend, candidate.tolerance);
    memoryContract(backend, candidate);
    lifetimeContract(candidate);
  });
}
