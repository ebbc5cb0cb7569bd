import type { SplitGap, ToldEvaluation } from "@graft/core";
import { percent, table } from "./text.ts";

/** Rows of each list; --report shows more of them and --json all. */
const SHOWN = 3;

/** How far the numbers and the answers can be trusted: one line each, at most 80 columns. */
export function trustText({
  accuracyInterval,
  roc,
  calibration,
  notSure,
}: Pick<ToldEvaluation, "accuracyInterval" | "roc" | "calibration" | "notSure">): string {
  const [low, high] = accuracyInterval.map(percent);
  const { before, after, temperature } = calibration;
  const auc = roc ? `, ROC-AUC ${roc.auc.toFixed(3)}` : "";
  const mended =
    after && temperature !== null ? `, ${percent(after.ece)} at temperature ${temperature.toFixed(2)}` : "";
  const target = percent(notSure.target);
  const threshold =
    notSure.threshold === null
      ? `no threshold makes ${target} of answers right; the best ${percent(notSure.precision)}`
      : `"not sure" below ${percent(notSure.threshold)}: ${percent(notSure.precision)} right, ${percent(notSure.coverage)} answered`;
  return [
    `accuracy is ${low} to ${high} (95 %)${auc}`,
    `calibration error ${percent(before.ece)}${mended}`,
    threshold,
  ].join("\n");
}

/** What a split that ignores duplicates would have said: two lines; "" when that was not measured. */
export function splitGapText(gap: SplitGap | null): string {
  if (!gap) return "";
  const points = 100 * (gap.random - gap.safe);
  return [
    `validation accuracy ${percent(gap.safe)} with look-alikes kept on one side,`,
    `${percent(gap.random)} with files drawn one by one: ${points < 0 ? "" : "+"}${points.toFixed(1)} points`,
  ].join("\n");
}

function list(head: string, total: number, rows: readonly (readonly string[])[]): string {
  if (total === 0) return "";
  const more = total > rows.length ? `\nand ${total - rows.length} more` : "";
  return `${head}\n${table(rows)}${more}`;
}

type Unlike = ToldEvaluation["unlike"];

/** By the rule that predictions go by too: how many it finds, and how many it would among ordinary ones. */
function unlikeHead(unlike: Exclude<Unlike, { readonly reason: string }>): string {
  if (unlike.rule !== "model") return "Nothing like the training pictures (distance):";
  const share = Math.round(100 * (1 - unlike.usual));
  return `Like nothing it learned from: ${unlike.pictures.length} of ${unlike.of} (${share} in 100 ordinary pictures are flagged too), the farthest first:`;
}

function unlikeText(unlike: Unlike): string {
  if ("reason" in unlike) return "";
  const rows = unlike.pictures.slice(0, SHOWN).map(({ path, distance }) => [path, distance.toFixed(3)]);
  return list(unlikeHead(unlike), unlike.pictures.length, rows);
}

/** What is to be looked at, the most telling first; "" when there is nothing. */
export function findingsText({
  labelErrors,
  nearDuplicates,
  unlike,
}: Pick<ToldEvaluation, "labelErrors" | "nearDuplicates" | "unlike">): string {
  const doubted = labelErrors.slice(0, SHOWN).map(({ path, truth, said, score }) => {
    return [path, truth, said, percent(score)];
  });
  const copies = nearDuplicates.slice(0, SHOWN).map(({ across, images }) => {
    return [images.map(({ path }) => path).join(" = "), across ? "across the split" : ""];
  });
  return [
    labelErrors.length > 0 &&
      list("Labels to check:", labelErrors.length + 1, [["image", "is", "perhaps", "sure"], ...doubted]),
    unlikeText(unlike),
    list("The same file twice, or look-alikes:", nearDuplicates.length, copies),
  ]
    .filter((text) => text !== false && text !== "")
    .join("\n\n");
}
