import { type DatasetReport, type DuplicateReport, quotedText, visibleText } from "@graft/core";
import { byteSize, table } from "./text.ts";

/** Longer lists are cut; --json has all. */
const SHOWN = 20;
/** One picture may lie at a thousand places. */
const SHOWN_PLACES = 6;

/** What `graft inspect` tells people of a data set. */
export function datasetText(report: DatasetReport): string {
  const { source, images, unique, bytes, classes, formats, width, height, split } = report;
  const different = unique === images ? "" : ` (${unique} different)`;
  const kinds = Object.entries(formats).map(([format, count]) => `${count} ${format}`);
  const counts = split ? (["train", "validation", "test"] as const) : [];
  return [
    `${visibleText(source)}: ${images} images${different} of ${classes.length} classes, ${byteSize(bytes)}: ${kinds.join(", ")}`,
    `width ${width.min} to ${width.max} (median ${width.median}), height ${height.min} to ${height.max} (median ${height.median}) pixels`,
    table([
      ["class", "images", "different", ...counts],
      ...classes.map((row) => [
        quotedText(row.label),
        ...[row.images, row.unique, ...counts.map((part) => row[part])].map(String),
      ]),
    ]),
    splitText(split),
    list("Notes", report.warnings, ({ message }) => message),
    list("Broken, left out", report.broken, fileText),
    list("Skipped", report.skipped, fileText),
    list("One picture under two labels", report.conflicts, duplicateText),
    list("One picture in several parts", report.acrossParts, duplicateText),
    list("Equal files", report.exactDuplicates, (paths) => places(paths, " = ")),
    list("Look alike, kept on one side", report.nearDuplicates, (paths) => places(paths, " ~ ")),
  ]
    .filter((block) => block !== "")
    .join("\n\n");
}

function splitText(split: DatasetReport["split"]): string {
  if (split === null) return "Split: none, a class would be left without an image to train on";
  const { kind, seed, fraction, train, validation, test } = split;
  const share = `${Number((100 * fraction).toFixed(1))} % to validation, seed ${seed}`;
  const how = kind === "given" ? "as the folders give it" : `drawn, ${share}`;
  return `Split: ${how}: ${train} to train on, ${validation} to validate, ${test} to test`;
}

const fileText = ({ path, reason }: { readonly path: string; readonly reason: string }): string =>
  `${visibleText(path)}: ${reason}`;

function duplicateText({ by, paths, labels, parts }: DuplicateReport): string {
  const named = paths.map((path, i) => `${path} (${[labels[i], parts?.[i]].filter(Boolean).join(", ")})`);
  return places(named, by === "content" ? " = " : " ~ ");
}

function places(paths: readonly string[], sign: " = " | " ~ "): string {
  const more = paths.length > SHOWN_PLACES ? [`${paths.length - SHOWN_PLACES} more places`] : [];
  return [...paths.slice(0, SHOWN_PLACES).map(visibleText), ...more].join(sign);
}

function list<T>(title: string, items: readonly T[], text: (item: T) => string): string {
  if (items.length === 0) return "";
  const lines = items.slice(0, SHOWN).map((item) => `  ${text(item)}`);
  const more = items.length > SHOWN ? [`  and ${items.length - SHOWN} more (--json lists all)`] : [];
  return [`${title} (${items.length}):`, ...lines, ...more].join("\n");
}
