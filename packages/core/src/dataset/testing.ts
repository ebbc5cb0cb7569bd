import { createRandom } from "../numbers/random.ts";
import type { Dataset, DatasetImage, Part } from "./types.ts";

/** An image of a test, by what matters to splits and reports. */
export interface ImageSpec {
  readonly label: number;
  /** Equal texts are equal files. */
  readonly content: string;
  /** Equal texts look the same. @default the content */
  readonly look?: string;
  readonly group?: string;
  readonly part?: Part;
  readonly path?: string;
}

/** Hex digits that depend on the keys alone. */
function digits(length: number, ...keys: readonly string[]): string {
  const random = createRandom(...keys);
  return Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join("");
}

export function imageOf({ label, content, look = content, group, part, path }: ImageSpec): DatasetImage {
  return {
    path: path ?? `${part ?? "all"}/label${label}/${content}.png`,
    hash: digits(64, "content", content),
    label,
    bytes: 100,
    facts: { format: "png", width: 40, height: 30, perceptualHash: digits(16, "look", look) },
    ...(group === undefined ? {} : { group }),
    ...(part === undefined ? {} : { part }),
  };
}

/** A data set of these images, with labels "label0", "label1" … as far as they are used. */
export function datasetOf(specs: readonly ImageSpec[]): Dataset {
  const images = specs.map(imageOf);
  const last = Math.max(...images.map(({ label }) => label));
  return {
    source: "test",
    labels: Array.from({ length: last + 1 }, (_, label) => `label${label}`),
    images,
    skipped: [],
    broken: [],
    notes: [],
    presplit: images.some(({ part }) => part !== undefined),
  };
}
