import type { FoundRate, Spread, SweepResult } from "@graft/core";
import { curves } from "./curves.ts";
import { byteSize, percent, table } from "./text.ts";

function spreadText({ mean, deviation }: Spread, seeds: number): string {
  if (!Number.isFinite(mean)) return "diverged";
  return seeds === 1 ? percent(mean) : `${(100 * mean).toFixed(1)} ± ${(100 * deviation).toFixed(1)} %`;
}

/** A line a combination, best first, the recommended one marked; then why it is. */
export function sweepText({ rows, recommended, reason, images }: SweepResult, seeds: number): string {
  const hasMany = (pick: "recipe" | "size"): boolean => new Set(rows.map((row) => row[pick])).size > 1;
  const [recipes, sizes] = [hasMany("recipe"), hasMany("size")];
  const head = ["", ...(recipes ? ["recipe"] : []), ...(sizes ? ["size"] : [])];
  const cells = rows.map((row) => [
    row === recommended ? "→" : "",
    ...(recipes ? [row.recipe] : []),
    ...(sizes ? [`${row.size}`] : []),
    row.cut,
    String(row.learningRate),
    spreadText(row.accuracy, seeds),
    Number.isFinite(row.loss.mean) ? row.loss.mean.toFixed(4) : "-",
    byteSize(row.modelBytes),
    `${row.predictMs.toFixed(1)} ms`,
  ]);
  const titles = [...head, "cut", "learning rate", "validation", "loss", "model", "predict"];
  const what = `${images.train} images to train on, ${images.validation} to validate${seeds === 1 ? "" : `, ${seeds} seeds: mean ± deviation`}`;
  return [
    what,
    "",
    table([titles, ...cells]),
    "",
    `Recommended: ${recommended.cut} with learning rate ${recommended.learningRate}: ${reason}.`,
  ].join("\n");
}

/** The loss over the rates, drawn, and the pick. */
export function rateText({ curve, learningRate }: FoundRate, columns: number): string {
  const [first, last] = [curve[0]?.learningRate ?? 0, curve.at(-1)?.learningRate ?? 0];
  const chart = curves("loss", { "of a sample": curve.map(({ loss }) => loss) }, columns);
  return [
    chart,
    `learning rates from ${first.toExponential(0)} to ${last.toExponential(0)}, each a little larger than the one before`,
    "",
    `The loss falls fastest at ${learningRate}.`,
  ].join("\n");
}
