import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type RgbImage, resizeBilinear, resizeNearest } from "@graft/core";
import { expect, test } from "vitest";
import * as z from "zod";

const pair = z.tuple([z.number(), z.number()]);
const GOLDEN = z
  .object({
    cases: z.array(z.object({ from: pair, to: pair, bilinear: z.string(), nearest: z.string() })).min(20),
  })
  .parse(JSON.parse(readFileSync(resolve(import.meta.dirname, "golden/resize.json"), "utf8")));

/** The image that make_resize_golden.py makes. */
function madeUp(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at++) data[at] = Math.imul(at, 2654435761) >>> 24;
  return { width, height, data };
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test.each(GOLDEN.cases)("resizing $from to $to gives Pillow's bytes", ({ from, to, bilinear, nearest }) => {
  const image = madeUp(...from);
  expect(sha256(resizeBilinear(image, ...to).data)).toBe(bilinear);
  expect(sha256(resizeNearest(image, ...to).data)).toBe(nearest);
});
