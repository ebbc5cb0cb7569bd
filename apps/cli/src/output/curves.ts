/** Curves over the epochs in plain text. */
import asciichart from "asciichart";
import { axisLabels, shortNumber } from "./axis-labels.ts";

/** Rows between the lowest and the highest value. */
const ROWS = 8;
/** A range so small beside its values is noise of the last digits: drawn as a constant. */
const SMALLEST_RANGE = 1e-9;
const LINES = [
  ["┼", "┤", "╶", "╴", "─", "╰", "╭", "╮", "╯", "│"],
  ["┼", "┤", "╶", "╴", "┄", "└", "┌", "┐", "┘", "┆"],
];

/** A curve for each series over the epochs, at most `columns` wide; longer series are thinned evenly. */
export function curves(
  title: string,
  series: Readonly<Record<string, readonly number[]>>,
  columns: number,
): string {
  const finite = Object.entries(series).filter(
    ([, values]) => values.length > 1 && values.every(Number.isFinite),
  );
  if (finite.length === 0) return "";
  const all = finite.flatMap(([, values]) => values);
  const scale = scaleOf(Math.min(...all), Math.max(...all));
  const labels = axisLabels(scale);
  const labelWidth = Math.max(8, ...labels.map(({ length }) => length));
  const room = Math.max(20, columns - labelWidth - 3);
  // a single epoch more must not make a step invisible, so short series are stretched to whole columns
  const longest = Math.max(...finite.map(([, values]) => values.length));
  const stretch = Math.max(1, Math.min(4, Math.floor(room / longest)));
  const layers = finite.map(([, values], i) =>
    asciichart
      .plot(
        fitWidth(values, room, stretch).map((value) => rowOf(value, scale)),
        {
          height: scale.rows,
          min: 1,
          max: 1 + scale.rows,
          symbols: LINES[i] ?? [],
          format: (row) => (labels[Math.round(row) - 1] ?? "").padStart(labelWidth),
        },
      )
      .split("\n")
      .map((line) => [...line]),
  );
  const legend = finite
    .map(([name, values], i) => `${"─┄"[i] ?? "·"} ${name} ${shortNumber(values.at(-1) ?? 0)}`)
    .join("   ");
  return `${title}\n${overlay(layers)}\n${" ".repeat(labelWidth + 1)}${legend}`;
}

function scaleOf(lowest: number, highest: number): { lowest: number; step: number; rows: number } {
  const range = highest - lowest;
  const isConstant = range <= SMALLEST_RANGE * Math.max(Math.abs(lowest), Math.abs(highest));
  return isConstant ? { lowest, step: 0, rows: 0 } : { lowest, step: range / ROWS, rows: ROWS };
}

/**
 * The row from 1 at the bottom. asciichart rounds values to rows of its own and labels others, so it is given rows; and it
 * marks its row 0 as an axis, so they begin at 1.
 */
function rowOf(value: number, { lowest, step }: ReturnType<typeof scaleOf>): number {
  return step === 0 ? 1 : 1 + (value - lowest) / step;
}

function fitWidth(values: readonly number[], room: number, stretch: number): number[] {
  const width = Math.min(room, values.length * stretch);
  return Array.from({ length: width }, (_, i) => values[Math.floor((i * values.length) / width)] ?? 0);
}

/** asciichart has one set of symbols a chart, so two series on one scale are drawn apart and laid over each other. */
function overlay(layers: readonly (readonly string[][])[]): string {
  const height = Math.max(...layers.map((layer) => layer.length));
  return Array.from({ length: height }, (_, row) => {
    const width = Math.max(...layers.map((layer) => layer[row]?.length ?? 0));
    return Array.from(
      { length: width },
      (_, column) =>
        layers.map((layer) => layer[row]?.[column]).find((cell) => cell !== undefined && cell !== " ") ?? " ",
    )
      .join("")
      .trimEnd();
  }).join("\n");
}
