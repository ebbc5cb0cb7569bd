import * as z from "zod";
import { CoreError } from "../errors.ts";
import type { ImageRule } from "../image/types.ts";
import type { LikenessFacts } from "../likeness/types.ts";
import type { Model } from "../model/types.ts";

/** What a program needs to know beside a network's numbers. */
export interface ExportFacts {
  /** In the order of the output's columns; of one column, the second is what it is the probability of. */
  readonly labels: readonly string[];
  readonly imageRule: Pick<ImageRule, "size" | "fit" | "resize">;
  /** What pixels 0 … 255 are scaled to. */
  readonly inputRange: readonly [number, number];
  readonly graftVersion: string;
  /** Where the model has learned it. The directions are an output of an ONNX file, likeness.bin of a folder. */
  readonly likeness?: LikenessFacts;
  /** Least score of an answer; below it the model is not sure. Absent: every answer stands. */
  readonly notSureBelow?: number;
}

/** The facts of a format that cannot tell what is unlike the training: a threshold alone would be of no use to anybody. */
export function withoutLikeness(manifest: Model["manifest"]): Model["manifest"] {
  const { likeness: _, ...others } = manifest;
  return others;
}

export function exportFacts(manifest: Model["manifest"]): ExportFacts {
  const { labels, rule, weights, versions, likeness, notSureBelow } = manifest;
  const { size, fit, resize } = rule;
  return {
    labels,
    imageRule: { size, fit, resize },
    inputRange: weights.inputRange,
    graftVersion: versions.graft ?? "",
    ...(likeness ? { likeness } : {}),
    ...(notSureBelow === undefined ? {} : { notSureBelow }),
  };
}

/** The same as texts by name, for formats that keep nothing else: lists and objects are JSON. */
export function exportTexts(manifest: Model["manifest"]): ReadonlyMap<string, string> {
  const { labels, imageRule, inputRange, graftVersion, likeness, notSureBelow } = exportFacts(manifest);
  return new Map([
    ["labels", JSON.stringify(labels)],
    ["imageRule", JSON.stringify(imageRule)],
    ["inputRange", JSON.stringify(inputRange)],
    ["graftVersion", graftVersion],
    ...(likeness ? [["likeness", JSON.stringify(likeness)] as const] : []),
    ...(notSureBelow === undefined ? [] : [["notSureBelow", `${notSureBelow}`] as const]),
  ]);
}

/**
 * Holds the labels that a written file carries against the model's.
 * @param found what was read from it.
 * @throws CoreError `corrupt` for others, for another order, and for none.
 */
export function checkLabels(
  found: unknown,
  { labels }: Pick<Model["manifest"], "labels">,
  noun: string,
): void {
  const read = z.array(z.string()).safeParse(found).data;
  if (read && read.length === labels.length && read.every((label, i) => label === labels[i])) return;
  throw new CoreError("corrupt", {
    what: `The ${noun} that was written has different labels from the model's.`,
    received: JSON.stringify(found) ?? "none",
    expected: JSON.stringify(labels),
    fix: "The disk or the memory may be failing: try again, or try another place.",
  });
}
