import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { augmentationSchema, augmentImage, changeImage, drawChange } from "@graft/core";
import { expect, test } from "vitest";
import * as z from "zod";

const SIZE = 24;
const number = z.number();
const GOLDEN = z
  .object({
    every: number,
    cases: z.array(
      z.object({
        change: z.object({ theta: number, tx: number, ty: number, shear: number, zx: number, zy: number }),
        pixels: z.array(number),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(resolve(import.meta.dirname, "golden/augment.json"), "utf8")));
const STILL = { theta: 0, tx: 0, ty: 0, shear: 0, zx: 1, zy: 1, flip: false, brightness: 1 };
const NONE = augmentationSchema.parse({
  rotation: 0,
  shift: 0,
  shear: 0,
  zoom: 0,
  flip: false,
  brightness: 0,
});
const ALL = augmentationSchema.parse({ brightness: 0.2 });

/** The image that make_augment_golden.py makes. */
const image = Uint8Array.from({ length: SIZE * SIZE * 3 }, (_, at) => {
  const [y, x, c] = [Math.floor(at / 3 / SIZE), Math.floor(at / 3) % SIZE, at % 3];
  return (y * 7 + x * 5 + c * 40 + ((y * x) % 31)) % 256;
});

test.each(GOLDEN.cases)("the change $change reads where Keras reads", ({ change, pixels }) => {
  const out = changeImage(image, SIZE, { ...STILL, ...change });
  const differences = pixels.map((value, at) => Math.abs(value - (out[at * GOLDEN.every] ?? Number.NaN)));
  // bytes are rounded, Keras's values are not
  expect(Math.max(...differences)).toBeLessThanOrEqual(0.5 + 1e-3);
});

test("no settings change nothing", () => {
  expect(augmentImage(image, NONE, { hash: "a", variant: 3 })).toEqual(image);
});

test("a flip mirrors every row exactly and twice is nothing", () => {
  const flipped = changeImage(image, SIZE, { ...STILL, flip: true });
  expect(flipped.subarray(0, 3)).toEqual(image.subarray((SIZE - 1) * 3, SIZE * 3));
  expect(changeImage(flipped, SIZE, { ...STILL, flip: true })).toEqual(image);
  expect(flipped).not.toEqual(image);
});

test("brightness multiplies and cuts as Pillow does", () => {
  const out = changeImage(Uint8Array.of(0, 101, 255), 1, { ...STILL, brightness: 1.1 });
  expect([...out]).toEqual([0, 111, 255]);
});

test("the same image and variant give the same copy; others do not", () => {
  const first = augmentImage(image, ALL, { hash: "a", variant: 0 });
  expect(augmentImage(image, ALL, { hash: "a", variant: 0 })).toEqual(first);
  for (const key of [
    { hash: "b", variant: 0 },
    { hash: "a", variant: 1 },
  ])
    expect(augmentImage(image, ALL, key)).not.toEqual(first);
});

test("draws keep to their ranges and fill them", () => {
  const draws = Array.from({ length: 2000 }, (_, variant) => drawChange(ALL, 150, { hash: "a", variant }));
  const thetas = draws.map(({ theta }) => theta);
  expect(Math.max(...thetas)).toBeLessThanOrEqual(ALL.rotation);
  expect(Math.max(...thetas)).toBeGreaterThan(0.98 * ALL.rotation);
  expect(Math.min(...thetas)).toBeLessThan(-0.98 * ALL.rotation);
  expect(Math.abs(thetas.reduce((sum, theta) => sum + theta, 0) / draws.length)).toBeLessThan(2);
  const flips = draws.filter(({ flip }) => flip).length / draws.length;
  expect(flips).toBeGreaterThan(0.45);
  expect(flips).toBeLessThan(0.55);
});
