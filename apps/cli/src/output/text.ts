/** Plain-text drawing: no colour, no cursor movement, safe in a pipe. */
import { visibleText } from "@graft/core";

/**
 * Rows of cells as an aligned table, each row a line; numbers to the right. The first row is the head.
 * @param options.names so many columns from the left are names, to the left even where all are whole numbers. @default 0
 */
export function table(
  cells: readonly (readonly string[])[],
  { names = 0 }: { readonly names?: number } = {},
): string {
  const rows = cells.map((row) => row.map(visibleText));
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const isNumber = widths.map(
    (_, column) =>
      column >= names && rows.slice(1).every((row) => /^[-+]?[\d.,]+ ?\S{0,3}$|^-?$/.test(row[column] ?? "")),
  );
  const line = (row: readonly string[]): string =>
    widths
      .map((width, i) => (isNumber[i] ? (row[i] ?? "").padStart(width) : (row[i] ?? "").padEnd(width)))
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}

/** Seconds as "35 ms", "42 s", "3 min 05 s", "2 h 10 min". */
export function duration(seconds: number): string {
  if (seconds < 0.0995) return `${Math.round(1000 * seconds)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}

/** Bytes as "12 kB", "3.4 MB" (powers of 1000). */
export function byteSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

export const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;

/** Rows: the true label; columns: what was said. */
export function confusionTable(labels: readonly string[], confusion: readonly (readonly number[])[]): string {
  if (labels.length > 12) return largestConfusions(labels, confusion);
  const rows = confusion.map((counts, i) => [labels[i] ?? "", ...counts.map(String)]);
  return table([["true \\ said", ...labels], ...rows], { names: 1 });
}

function largestConfusions(labels: readonly string[], confusion: readonly (readonly number[])[]): string {
  const pairs = confusion.flatMap((counts, i) => counts.map((count, j) => ({ i, j, count })));
  const worst = pairs
    .filter(({ i, j, count }) => i !== j && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, 12);
  return table(
    [
      ["true", "said", "images"],
      ...worst.map(({ i, j, count }) => [labels[i] ?? "", labels[j] ?? "", String(count)]),
    ],
    { names: 2 },
  );
}
