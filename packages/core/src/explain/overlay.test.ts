import { describe, expect, it } from "vitest";
import { heatOfPixels, overlayHeat, turboColor } from "./overlay.ts";

const map = (height: number, width: number, ...values: number[]) => ({
  ...{ height, width, data: Float64Array.from(values) },
});

describe("turboColor", () => {
  it("goes from dark blue over green to dark red", () => {
    const [low, middle, high] = [turboColor(0), turboColor(0.5), turboColor(1)];
    expect(Math.max(...low)).toBeLessThan(60);
    expect(middle[1]).toBeGreaterThan(220);
    expect(high[0]).toBeGreaterThan(100);
    expect(high[1]).toBeLessThan(30);
    expect(high[2]).toBeLessThan(30);
  });
});

describe("heatOfPixels", () => {
  it("is the map itself, scaled to 1, where pixels and cells are one", () => {
    expect([...heatOfPixels(map(2, 2, 0, 1, 2, 4), 2, 2)]).toEqual([0, 0.25, 0.5, 1]);
  });

  it("is linear between the cells' centres and even beyond the outermost", () => {
    const heat = heatOfPixels(map(1, 2, 0, 4), 8, 1);
    expect([...heat]).toEqual([0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1]);
    const turned = heatOfPixels(map(2, 1, 0, 4), 1, 8);
    expect([...turned]).toEqual([...heat]);
  });

  it("is 0 everywhere for a map without heat", () => {
    expect([...heatOfPixels(map(2, 2, 0, 0, 0, 0), 3, 1)]).toEqual([0, 0, 0]);
  });
});

describe("overlayHeat", () => {
  it("leaves cold pixels as they are, colours hot ones, and changes nothing of its input", () => {
    const image = { width: 2, height: 1, data: Uint8Array.of(200, 200, 200, 200, 200, 200) };
    const { data } = overlayHeat(image, map(1, 2, 0, 1));
    expect([...data.subarray(0, 3)]).toEqual([200, 200, 200]);
    const red = turboColor(1);
    expect([...data.subarray(3)]).toEqual(red.map((color) => Math.round(200 * 0.35 + color * 0.65)));
    expect([...image.data]).toEqual([200, 200, 200, 200, 200, 200]);
  });
});
