import type { DatasetReport, DuplicateReport } from "@graft/core";
import { byteSize, table } from "./text.ts";

/** Longer lists are cut; --json has all. */
const SHOWN = 20;

/** What `graft inspect` tells people of a data set. */
export function datasetText(report: DatasetReport): string {
  const { source, images, unique, bytes, classes, formats, width, height, split } = report;
  const different = unique === images ? "" : ` (${unique} different)`;
  const kinds = Object.entries(formats).map(([format, count]) => `${count} ${format}`);
  const share = `${Number((100 * split.fraction).toFixed(1))} % to validation, seed ${split.seed}`;
  const parts = `${split.train} to train on, ${split.validation} to validate, ${split.test} to test`;
  return [
    `${source}: ${images} images${different} of ${classes.length} classes, ${byteSize(bytes)}: ${kinds.join(", ")}`,
    `width ${width.min} to ${width.max} (median ${width.median}), height ${height.min} to ${height.max} (median ${height.median}) pixels`,
    table([
      ["class", "images", "different", "train", "validation", "test"],
      ...classes.map((row) => [
        row.label,
        ...[row.images, row.unique, row.train, row.validation, row.test].map(String),
      ]),
    ]),
    `Split: ${split.kind === "given" ? "as the folders give it" : `drawn, ${share}`}: ${parts}`,
    list("Warnings", report.warnings, ({ message }) => message),
    list("Broken, left out", report.broken, ({ path, reason }) => `${path}: ${reason}`),
    list("Skipped", report.skipped, ({ path, reason }) => `${path}: ${reason}`),
    list("One picture under two labels", report.conflicts, duplicateText),
    list("One picture in several parts", report.acrossParts, duplicateText),
    list("Equal files", report.exactDuplicates, (paths) => paths.join(" = ")),
    list("Look alike, kept on one side", report.nearDuplicates, (paths) => paths.join(" ~ ")),
  ]
    .filter((block) => block !== "")
    .join("\n\n");
}

function duplicateText({ by, paths, labels, parts }: DuplicateReport): string {
  const places = paths.map((path, i) => `${path} (${[labels[i], parts?.[i]].filter(Boolean).join(", ")})`);
  return places.join(by === "content" ? " = " : " ~ ");
}

function list<T>(title: string, items: readonly T[], text: (item: T) => string): string {
  if (items.length === 0) return "";
  const lines = items.slice(0, SHOWN).map((item) => `  ${text(item)}`);
  const more = items.length > SHOWN ? [`  and ${items.length - SHOWN} more (--json lists all)`] : [];
  return [`${title} (${items.length}):`, ...lines, ...more].join("\n");
}
