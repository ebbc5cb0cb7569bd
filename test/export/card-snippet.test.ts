import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOnnxBackend } from "@graft/backend-select";
import { applyRule, openPredictor, type RgbImage } from "@graft/core";
import { writeModelFolder } from "@graft/core/node";
import { testRandom } from "@graft/core/testing";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js";
import { model as layersModel } from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { openInPlainTfjs } from "./plain-tfjs.ts";
import { randomWeights, sampleModel } from "./sample-model.ts";

const weights = randomWeights("mixed0");
const SIZE = 75;
const UNLIKE = "like nothing it learned from";

/** A photo that is not square, white at its corners. */
function somePhoto(): RgbImage {
  const random = testRandom(9);
  const [width, height] = [200, 120];
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.int(0, 255)) };
}

/** What a canvas does of what the snippet asks, with core's resize, so that a difference is the snippet's. */
function canvasFor(photo: RgbImage) {
  const canvas = {
    width: 0,
    height: 0,
    data: new Uint8ClampedArray(SIZE * SIZE * 4),
    getContext: () => context,
  };
  const context = {
    fillRect: () => canvas.data.fill(255),
    getImageData: () => canvas,
    drawImage(source: RgbImage, ...numbers: number[]) {
      expect(source).toBe(photo);
      const fit = fitOf(numbers, photo);
      const rgb = applyRule(photo, { version: 1, size: SIZE, fit, resize: "bilinear" });
      for (let i = 0; i < SIZE * SIZE; i++) canvas.data.set([...rgb.subarray(i * 3, i * 3 + 3), 255], i * 4);
    },
  };
  return canvas;
}

/** Which of the rule's fits these arguments of drawImage stand for; fails for any other. */
function fitOf(numbers: readonly number[], { width, height }: RgbImage): "stretch" | "crop" | "pad" {
  const side = Math.min(width, height);
  const scale = SIZE / Math.max(width, height);
  const known = {
    stretch: [0, 0, SIZE, SIZE],
    crop: [(width - side) / 2, (height - side) / 2, side, side, 0, 0, SIZE, SIZE],
    pad: [(SIZE - width * scale) / 2, (SIZE - height * scale) / 2, width * scale, height * scale],
  } as const;
  for (const fit of ["stretch", "crop", "pad"] as const)
    if (JSON.stringify(known[fit]) === JSON.stringify(numbers)) return fit;
  throw new Error(`drawImage(photo, ${numbers.join(", ")}) is none of the rule's fits`);
}

/** Runs the card's JavaScript with TensorFlow.js and the little of a page that it uses. */
async function runSnippet(folder: string, photo: RgbImage, mostLines: number): Promise<Map<string, number>> {
  const card = await readFile(join(folder, "README.md"), "utf8");
  const code = /```js\n([\s\S]*?)```/.exec(card)?.[1]?.replace(/^import .*$/m, "") ?? "";
  expect(code.trim().split("\n").length).toBeLessThanOrEqual(mostLines);
  const page = { createElement: () => canvasFor(photo), querySelector: () => photo };
  const library = { ...tf, model: layersModel, loadLayersModel: () => openInPlainTfjs(folder) };
  const printed = new Map<string, number>();
  const output = { log: (label: string, probability: number) => printed.set(label, probability) };
  const run = new Function(
    "tf",
    "document",
    "createImageBitmap",
    "console",
    "fetch",
    `return (async () => {${code}})()`,
  );
  const fetched = async (name: string) => new Response(await readFile(join(folder, name)));
  await run(library, page, async (image: unknown) => image, output, fetched);
  return printed;
}

describe("the JavaScript in a model's card", () => {
  it.each([
    { recipe: "gap", fit: "stretch", labels: ["cat", 'a "quoted" dog'], range: [0, 1] },
    { recipe: "gap", fit: "crop", labels: ["a", "b", "c"], range: [-1, 1] },
    { recipe: "classic", fit: "pad", labels: ["cat", "dog"], range: [-1, 1] },
    // unlike the training, and not
    { recipe: "gap", fit: "pad", labels: ["cat", "dog"], range: [-1, 1], unlikeAbove: 0.5 },
    { recipe: "classic", fit: "crop", labels: ["cat", "dog"], range: [0, 1], unlikeAbove: 1 },
  ] as const)("gives graft's answers: $recipe, $fit, $unlikeAbove", async ({ range, ...options }) => {
    const inputRange = [range[0], range[1]] as const;
    const model = sampleModel({ weights: { ...weights, inputRange }, cut: "mixed0", size: SIZE, ...options });
    const temporary = await mkdtemp(join(tmpdir(), "graft-card-"));
    try {
      const folder = await writeModelFolder(model, join(temporary, "model"));
      const photo = somePhoto();
      const bound = ("unlikeAbove" in options ? options.unlikeAbove : undefined) ?? Number.POSITIVE_INFINITY;
      const knows = Number.isFinite(bound);
      const printed = await runSnippet(folder, photo, knows ? 22 : 14);
      await using backend = await createOnnxBackend({ provider: "cpu" });
      using predictor = await openPredictor(model, backend);
      const [expected] = await predictor.predict([applyRule(photo, model.manifest.rule)]);
      const remark = (expected?.distance ?? 0) > bound ? [UNLIKE] : [];
      expect(remark).toHaveLength(knows && options.fit === "pad" ? 1 : 0);
      expect([...printed.keys()]).toEqual([...options.labels, ...remark]);
      // two engines' float32
      for (const [i, label] of options.labels.entries())
        expect(printed.get(label)).toBeCloseTo(expected?.probabilities[i] ?? -1, 4);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  });
});
