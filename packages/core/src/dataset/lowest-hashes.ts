import { byCodeUnit } from "../by-code-unit.ts";
import type { DatasetImage } from "./types.ts";

/**
 * A sample of images, as good as drawn at random, that depends on nothing but what they are: each content once, the lowest
 * hashes first.
 */
export function lowestHashes(images: readonly DatasetImage[], count: number): DatasetImage[] {
  const byHash = new Map(images.map((image) => [image.hash, image]));
  return [...byHash.values()].sort((a, b) => byCodeUnit(a.hash, b.hash)).slice(0, count);
}
