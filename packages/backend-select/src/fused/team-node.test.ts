import { expect, it } from "vitest";
import { forwardKernel } from "./kernels.ts";
import { FusedMemory } from "./memory.ts";
import type { Call } from "./team.ts";
import { createTeam } from "./team-node.ts";
import { moduleBytes } from "./wasm-writer.ts";
import { compileModule } from "./web-assembly.ts";

const module = compileModule(moduleBytes(new Map([["forward", forwardKernel(4)]])));

/** z [1, 4] += x [1, 1] · w [1, 4] */
function product(memory: FusedMemory) {
  const [x = 0, w = 0, z = 0, list = 0] = memory.scratch([4, 16, 16, 8]);
  const floats = (address: number, length: number) => new Float32Array(memory.memory.buffer, address, length);
  floats(x, 1).set([2]);
  floats(w, 4).set([1, 2, 3, 4]);
  floats(z, 4).fill(0);
  const call = (to: number): Call => ["forward", [x, 4, 1, 1, w, to, list]];
  return { call: call(z), outside: call(2 ** 31), result: () => [...floats(z, 4)] };
}

it("does a share on another thread", async () => {
  const memory = new FusedMemory(new Map());
  const team = createTeam(2);
  const { call, result } = product(memory);
  team.run({ key: "a", module, memory: memory.memory }, [[], [call]]);
  expect(result()).toEqual([2, 4, 6, 8]);
  await team.close();
});

it("tells of a thread whose work failed, and is of no more use", async () => {
  const memory = new FusedMemory(new Map());
  const team = createTeam(2);
  const { call, outside } = product(memory);
  const kernels = { key: "a", module, memory: memory.memory };
  expect(() => team.run(kernels, [[], [outside]])).toThrow(/thread of the engine failed/);
  expect(() => team.run(kernels, [[call]])).toThrow(/failed before/);
  await team.close();
});

it("refuses parameters that no 32-bit memory holds", () => {
  expect(() => new FusedMemory(new Map([["w", [2 ** 16, 2 ** 15]]]))).toThrow(/too large/);
});
