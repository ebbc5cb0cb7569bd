import { columnsText, type ExportFormat, exportFormatFacts, type ModelManifest } from "@graft/core";
import type { CommandContext } from "../session/context.ts";
import { print, printJson } from "./stdout.ts";

/** Where formats say less than the model. */
const TELLS_NOT_UNLIKE =
  'This format cannot say "like nothing it learned from"; onnx, tfjs, node and python can.';
/** What int8 may cost before it is said. */
const MOST_LOST = 0.01;
const LEAST_AGREEMENT = 0.98;

/** What 8 bits cost; shares in [0, 1], null where no right answers are known. */
export interface Int8Cost {
  readonly agreement: number;
  readonly calibratedOn: number;
  readonly accuracyBefore: number | null;
  readonly accuracyAfter: number | null;
}

/** An export that is there, wherever it was made. */
export interface ToldExport {
  readonly format: ExportFormat;
  /** Where it is. */
  readonly path: string;
  /** Of the facts beside it; absent for a folder. */
  readonly facts?: string | undefined;
  /** Of the model that was exported. */
  readonly model: Pick<ModelManifest, "labels" | "head" | "likeness">;
  /** The head as it was written. */
  readonly head: ModelManifest["head"];
  readonly comparedOn: string;
  readonly images: number;
  /** Of a probability; null for int8. */
  readonly largestDifference: number | null;
  readonly int8: Int8Cost | null;
}

/** What the columns of an exported network's output are, and where a reader finds the labels. */
function columnsLines({ format, model, head, facts }: ToldExport): string[] {
  const { labelsIn, canHaveOneColumn } = exportFormatFacts(format);
  const columns = columnsText({ labels: model.labels, head }).replace(/^./, (first) => first.toUpperCase());
  return [
    `${columns}.`,
    ...(head.units !== model.head.units && canHaveOneColumn
      ? [`The model itself has ${columnsText(model)}. --columns 1 exports it that way.`]
      : []),
    `Labels: in ${labelsIn}${facts === undefined ? "" : ` and in ${facts}`}.`,
  ];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function int8Lines(
  { comparedOn }: ToldExport,
  { agreement, calibratedOn, accuracyBefore: before, accuracyAfter: after }: Int8Cost,
): string[] {
  const lines = [
    `Calibrated on ${calibratedOn} images; read again and compared on ${comparedOn}: the same label for ${percent(agreement)}.`,
  ];
  if (before !== null && after !== null) {
    lines.push(`Accuracy ${percent(before)} before, ${percent(after)} after.`);
    if (before - after > MOST_LOST + 1e-9)
      lines.push(`int8 costs this model more than ${percent(MOST_LOST)}: --format onnx loses nothing.`);
  }
  if (agreement < LEAST_AGREEMENT)
    lines.push(`Fewer than ${percent(LEAST_AGREEMENT)} agree: --format onnx gives the model's own answers.`);
  return lines;
}

function comparedLines(told: ToldExport): string[] {
  const { format, model, int8, comparedOn, largestDifference } = told;
  if (int8) return int8Lines(told, int8);
  const difference = largestDifference ? largestDifference.toExponential(1) : "0";
  return [
    ...(exportFormatFacts(format).tellsUnlike || !model.likeness ? [] : [TELLS_NOT_UNLIKE]),
    `Read again and compared on ${comparedOn}: probabilities differ by at most ${difference}.`,
  ];
}

/** Prints what is to be known of an export. */
export function printExport({ json }: CommandContext, told: ToldExport): void {
  const { format, path, model, head, facts, int8, largestDifference, comparedOn, images } = told;
  if (!json) {
    print([path, ...columnsLines(told), ...comparedLines(told)].join("\n"));
    return;
  }
  const known = {
    accuracyBefore: int8?.accuracyBefore ?? undefined,
    accuracyAfter: int8?.accuracyAfter ?? undefined,
  };
  printJson({
    ...{ format, path },
    ...(int8
      ? { agreement: int8.agreement, ...known, calibratedOn: int8.calibratedOn }
      : { largestDifference }),
    ...{ comparedOn, images, labels: model.labels, columns: head.units },
    output: columnsText({ labels: model.labels, head }),
    ...(facts === undefined ? {} : { facts }),
  });
}
