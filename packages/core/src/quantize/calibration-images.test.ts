import { expect, it } from "vitest";
import { preparedBy } from "../dataset/prepare-image.ts";
import type { DatasetImage } from "../dataset/types.ts";
import { CoreError } from "../errors.ts";
import { CALIBRATION_IMAGES } from "./calibrate.ts";
import { calibrationId, calibrationImages, calibrationPixels } from "./calibration-images.ts";

const RULE = { version: 1, size: 1, fit: "stretch", resize: "bilinear" } as const;
const image = (hash: string): DatasetImage => ({
  ...{ path: `${hash}.png`, hash, label: 0, bytes: 1 },
  facts: { format: "png", width: 1, height: 1, perceptualHash: "0".repeat(16) },
});
const hashes = Array.from({ length: 50 }, (_, i) => ((i * 37) % 50).toString(16).padStart(2, "0"));
/** Pixels that say which image they are of. */
const prepare = preparedBy(
  "drawn-1",
  async ({ hash }: DatasetImage): Promise<Uint8Array[]> => [Uint8Array.of(Number.parseInt(hash, 16), 0, 0)],
);

const first = [...hashes].sort().slice(0, CALIBRATION_IMAGES);

it("are contents with the lowest hashes, once each, whatever order the data set lists them in", async () => {
  const images = hashes.map(image);
  expect(calibrationImages([...images, ...images]).map(({ hash }) => hash)).toEqual(first);
  expect(await calibrationId([...images].reverse())).toBe(await calibrationId(images));
  expect(await calibrationId(images.filter(({ hash }) => hash !== first[0]))).not.toBe(
    await calibrationId(images),
  );
  const pixels = await calibrationPixels({ images, rule: RULE, prepare });
  expect(pixels.map(([red]) => red)).toEqual(first.map((hash) => Number.parseInt(hash, 16)));
});

it("are all there are of a small set", async () => {
  const few = hashes.slice(0, 3).map(image);
  expect(await calibrationPixels({ images: few, rule: RULE, prepare })).toHaveLength(3);
});

it("are not replaced by others when one cannot be read", async () => {
  const gone = async (): Promise<never> => {
    throw new CoreError("not-found", { what: "cats/1.jpg is gone." });
  };
  const reading = calibrationPixels({
    images: hashes.map(image),
    rule: RULE,
    prepare: preparedBy("drawn-1", gone),
  });
  await expect(reading).rejects.toThrow("cats/1.jpg is gone.");
});
