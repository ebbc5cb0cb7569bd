import { expect, it } from "vitest";
import type { DatasetImage } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";
import { CALIBRATION_IMAGES } from "./calibrate.ts";
import { calibrationOrder, calibrationPixels } from "./calibration-images.ts";

const RULE = { version: 1, size: 1, fit: "stretch", resize: "bilinear" } as const;
const image = (hash: string): DatasetImage => ({
  ...{ path: `${hash}.png`, hash, label: 0, bytes: 1 },
  facts: { format: "png", width: 1, height: 1, perceptualHash: "0".repeat(16) },
});
const hashes = Array.from({ length: 50 }, (_, i) => ((i * 37) % 50).toString(16).padStart(2, "0"));
/** Pixels that say which image they are of. */
const prepare = async ({ hash }: DatasetImage): Promise<Uint8Array[]> => [
  Uint8Array.of(Number.parseInt(hash, 16), 0, 0),
];

it("takes contents once, by their hash, whatever order the data set lists them in", () => {
  const images = hashes.map(image);
  const order = calibrationOrder([...images, ...images]).map(({ hash }) => hash);
  expect(order).toEqual([...hashes].sort());
  expect(calibrationOrder(images.reverse()).map(({ hash }) => hash)).toEqual(order);
});

it("goes on to the next image where one can not be read", async () => {
  const broken = new Set(["00", "05", "1f"]);
  const pixels = await calibrationPixels({
    images: hashes.map(image),
    rule: RULE,
    prepare: async (one) => {
      if (broken.has(one.hash)) throw new CoreError("corrupt", { what: "no image" });
      return prepare(one);
    },
  });
  const kept = [...hashes].sort().filter((hash) => !broken.has(hash));
  expect(pixels.map(([first]) => first)).toEqual(
    kept.slice(0, CALIBRATION_IMAGES).map((hash) => Number.parseInt(hash, 16)),
  );
});

it("takes what there is of a small set, and stops when it is told to", async () => {
  const few = hashes.slice(0, 3).map(image);
  expect(await calibrationPixels({ images: few, rule: RULE, prepare })).toHaveLength(3);
  const cancelled = async (): Promise<never> => {
    throw new CoreError("cancelled", { what: "Stopped." });
  };
  await expect(calibrationPixels({ images: few, rule: RULE, prepare: cancelled })).rejects.toMatchObject({
    code: "cancelled",
  });
});
