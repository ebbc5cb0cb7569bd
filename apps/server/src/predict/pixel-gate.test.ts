import { expect, it } from "vitest";
import { PixelGate } from "./pixel-gate.ts";

/** Pictures that are decoded until the test ends them; how many pixels were inside at once at most. */
function decoder(gate: PixelGate) {
  let inside = 0;
  const seen = { most: 0, order: [] as number[] };
  const ends = new Map<number, (error?: Error) => void>();
  const decode = (pixels: number): Promise<number> =>
    gate.pass(pixels, async () => {
      inside += pixels;
      seen.most = Math.max(seen.most, inside);
      seen.order.push(pixels);
      try {
        await new Promise<void>((resolve, reject) =>
          ends.set(pixels, (error) => (error ? reject(error) : resolve())),
        );
      } finally {
        inside -= pixels;
      }
      return pixels;
    });
  return { decode, seen, end: (pixels: number, error?: Error) => ends.get(pixels)?.(error) };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("lets as many pixels be decoded at once as it was told, in the order of asking", async () => {
  const { decode, seen, end } = decoder(new PixelGate(100));
  const all = [60, 30, 50, 9].map(decode);
  await settled();
  // the small one does not pass the one that waits before it
  expect(seen.order).toEqual([60, 30]);
  end(30);
  await settled();
  expect(seen.order).toEqual([60, 30]);
  end(60);
  await settled();
  expect(seen.order).toEqual([60, 30, 50, 9]);
  end(50);
  end(9);
  expect(await Promise.all(all)).toEqual([60, 30, 50, 9]);
  expect(seen.most).toBeLessThanOrEqual(100);
});

it("lets a picture that is larger than that in alone, and goes on after one that failed", async () => {
  const { decode, seen, end } = decoder(new PixelGate(100));
  const [small, huge, last] = [decode(10), decode(500), decode(20)];
  await settled();
  expect(seen.order).toEqual([10]);
  end(10);
  await settled();
  expect(seen.order).toEqual([10, 500]);
  end(500, new Error("damaged"));
  await expect(huge).rejects.toThrow("damaged");
  await settled();
  end(20);
  expect(await Promise.all([small, last])).toEqual([10, 20]);
});
