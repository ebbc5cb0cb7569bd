import { GraphBuilder, type Program } from "@graft/core";
import { expect, it, vi } from "vitest";
import { briefSpeed, briefTrunkSpeed } from "./trunk-speed.ts";

/** An engine of that speed on a clock of its own, the first pass slower; which batches it was given. */
async function measured(msPerImage: number, patienceMs: number, firstMs = 0) {
  let now = 0;
  const batches: number[] = [];
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  const speed = await briefSpeed(async (batch) => {
    now += batch * msPerImage + (batches.length === 0 ? firstMs : 0);
    batches.push(batch);
  }, patienceMs);
  clock.mockRestore();
  return { speed, batches };
}

it("times a fast engine on batches, whatever its first pass took", async () => {
  const passes = (count: number): number[] => [1, 1, ...Array(1 + count).fill(8)];
  expect(await measured(10, 10_000, 3000)).toEqual({ speed: 100, batches: passes(12) });
  expect(await measured(25, 10_000)).toEqual({ speed: 40, batches: passes(5) });
  expect(await measured(250, 10_000)).toEqual({ speed: 4, batches: passes(2) });
});

it("asks a slow engine for single images and a very slow one for one", async () => {
  expect(await measured(2000, 10_000)).toEqual({ speed: 0.5, batches: [1, 1] });
  expect(await measured(4000, 2000)).toEqual({ speed: 0.25, batches: [1] });
});

it("times the pass of a trunk alone, not the making of its pixels", async () => {
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  const from = Uint8Array.from.bind(Uint8Array);
  const making = vi.spyOn(Uint8Array, "from").mockImplementation((...given: Parameters<typeof from>) => {
    now += 1000;
    return from(...given);
  });
  const run: Program["run"] = async ({ images }) => {
    now += 10 * (images?.shape[0] ?? 0);
    return {};
  };
  const compile = async (): Promise<Program> => ({ run, dispose: () => undefined });
  try {
    expect(await briefTrunkSpeed({ compile }, new GraphBuilder().build(), 10_000)).toBe(100);
  } finally {
    clock.mockRestore();
    making.mockRestore();
  }
});
