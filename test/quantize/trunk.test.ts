import { createOnnxBackend } from "@graft/backend-select";
import { type Backend, calibrate, type Graph, quantizeGraph, trunkGraph } from "@graft/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { preparedPhotos } from "../export/photos.ts";
import { realWeights } from "../export/real-weights.ts";
import { sharedPath } from "../shared.ts";

const SIZE = 150;
const CHANNELS = 768;
const RULE = { version: 1, size: SIZE, fit: "stretch", resize: "bilinear" } as const;
const photos = sharedPath("data", "cats-dogs");
const folders = (part: string): string[] => ["cats", "dogs"].map((label) => `${photos}/${part}/${label}`);

let backend: Backend;
let plain: Graph;
let quantized: Graph;
let seen: Uint8Array[];

async function featuresOf(on: Backend, graph: Graph, images: readonly Uint8Array[]): Promise<Float32Array> {
  const program = await on.compile(graph);
  try {
    const data = new Uint8Array(images.length * SIZE * SIZE * 3);
    for (const [i, image] of images.entries()) data.set(image, i * image.length);
    const { features } = await program.run({ images: { shape: [images.length, SIZE, SIZE, 3], data } });
    return Float32Array.from(features?.data ?? []);
  } finally {
    program.dispose();
  }
}

function cosines(a: Float32Array, b: Float32Array): number[] {
  return Array.from({ length: a.length / CHANNELS }, (_, row) => {
    let [product, squaresA, squaresB] = [0, 0, 0];
    for (let i = row * CHANNELS; i < (row + 1) * CHANNELS; i++) {
      const [x, y] = [a[i] ?? 0, b[i] ?? 0];
      product += x * y;
      squaresA += x * x;
      squaresB += y * y;
    }
    return product / Math.sqrt(squaresA * squaresB);
  });
}

describe.skipIf(photos === undefined)("the trunk in int8 (needs ../shared)", () => {
  beforeAll(async () => {
    backend = await createOnnxBackend({ provider: "cpu" });
    plain = trunkGraph(await realWeights(), { cut: "mixed7", size: SIZE, pool: "avg" });
    const images = await preparedPhotos(folders("train"), 16, RULE);
    quantized = quantizeGraph(plain, await calibrate({ graph: plain, backend, images }));
    seen = await preparedPhotos(folders("validation"), 12, RULE);
  }, 60_000);
  afterAll(() => backend?.dispose());

  it("has pooled features with a cosine of at least 0.997 to those in float32, on photos it was not calibrated on", async () => {
    const found = cosines(
      await featuresOf(backend, quantized, seen),
      await featuresOf(backend, plain, seen),
    ).sort((a, b) => a - b);
    console.log(`cosine of ${found.length} photos: worst ${found[0]}, median ${found[found.length / 2]}`);
    expect(found[0]).toBeGreaterThan(0.997);
    expect(found[found.length / 2]).toBeGreaterThan(0.9985);
  }, 60_000);

  it("has the same features to the last bit for any batch and number of threads", async () => {
    const some = seen.slice(0, 5);
    const together = await featuresOf(backend, quantized, some);
    await using single = await createOnnxBackend({ provider: "cpu", threads: 1 });
    const rows: number[] = [];
    for (const image of some) rows.push(...(await featuresOf(single, quantized, [image])));
    expect(Float32Array.from(rows)).toEqual(together);
  }, 60_000);
});
