import { expect, it } from "vitest";
import { forwardKernel } from "./kernels.ts";
import { FusedMemory } from "./memory.ts";
import { type Call, openTeam } from "./team.ts";
import { openNodeTeam } from "./team-node.ts";
import { moduleBytes } from "./wasm-writer.ts";
import { compileModule } from "./web-assembly.ts";

const module = compileModule(moduleBytes(new Map([["forward", forwardKernel(4)]]), { shared: true }));

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
  const memory = new FusedMemory(new Map(), { shared: true });
  const team = await openNodeTeam(2);
  const { call, result } = product(memory);
  team.run({ key: "a", module, memory: memory.memory }, [[], [call]]);
  expect(result()).toEqual([2, 4, 6, 8]);
  await team.close();
});

it("does the share of a thread that does not run itself, and starts it again when it is asked to be ready", async () => {
  const memory = new FusedMemory(new Map(), { shared: true });
  const team = await openNodeTeam(2);
  const { call, result } = product(memory);
  const kernels = { key: "a", module, memory: memory.memory };
  team.run(kernels, [[], [call]]);
  team.drop("a"); // the last one: the threads end
  team.run(kernels, [[call], [call]]);
  expect(result()).toEqual([6, 12, 18, 24]);
  await team.ready();
  team.run(kernels, [[], [call]]);
  expect(result()).toEqual([8, 16, 24, 32]);
  await team.close();
});

it("does not open when a thread does not start, and ends those that did", async () => {
  let [starts, ended] = [0, 0];
  const opening = openTeam(3, async () => {
    if (++starts === 2) throw new Error("blocked by the page's policy");
    return {
      postMessage: () => undefined,
      terminate: async () => {
        ended++;
      },
    };
  });
  await expect(opening).rejects.toMatchObject({
    code: "backend",
    message: expect.stringContaining("blocked by the page's policy"),
  });
  expect([starts, ended]).toEqual([2, 1]);
});

it("tells of a thread whose work failed, and is of no more use", async () => {
  const memory = new FusedMemory(new Map(), { shared: true });
  const team = await openNodeTeam(2);
  const { call, outside } = product(memory);
  const kernels = { key: "a", module, memory: memory.memory };
  expect(() => team.run(kernels, [[], [outside]])).toThrow(/thread of the engine failed/);
  expect(() => team.run(kernels, [[call]])).toThrow(/A thread of the engine failed earlier/);
  await team.close();
});

it("refuses parameters that no 32-bit memory holds", () => {
  expect(() => new FusedMemory(new Map([["w", [2 ** 16, 2 ** 15]]]), { shared: true })).toThrow(/too large/);
});
