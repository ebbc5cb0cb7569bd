import { expect, it, vi } from "vitest";
import { briefSpeed } from "./trunk-speed.ts";

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
  expect(await measured(10, 10_000, 3000)).toEqual({ speed: 100, batches: [1, 1, 8, 8, 8] });
});

it("asks a slow engine for single images and a very slow one for one", async () => {
  expect(await measured(2000, 10_000)).toEqual({ speed: 0.5, batches: [1, 1] });
  expect(await measured(4000, 2000)).toEqual({ speed: 0.25, batches: [1] });
});
