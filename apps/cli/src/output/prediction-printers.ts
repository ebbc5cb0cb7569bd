import type { CoreError, Prediction } from "@graft/core";
import { csvLine } from "./csv.ts";
import { print, printData, printJson } from "./stdout.ts";
import { percent, table } from "./text.ts";

/** Takes the answers one by one, in the order of the images. */
export interface PredictionPrinter {
  /** @param heatmap path of its heat map, when those are made. */
  prediction(path: string, prediction: Prediction, heatmap?: string): void;
  broken(path: string, error: CoreError): void;
  end(): void;
}

export interface PrinterOptions {
  readonly form: "json" | "csv" | "table";
  /** Least score of an answer; below it is "not sure". 0: every answer stands. */
  readonly notSureBelow: number;
}

/** What stands for the label of an answer that is below the wanted score. */
const NOT_SURE = "not sure";

/** @param labels the model's. */
export function printerOf(
  labels: readonly string[],
  { form, notSureBelow }: PrinterOptions,
): PredictionPrinter {
  if (form === "json") return jsonPrinter(labels, notSureBelow);
  return form === "csv" ? csvPrinter(labels, notSureBelow) : tablePrinter(labels, notSureBelow);
}

function jsonPrinter(labels: readonly string[], notSureBelow: number): PredictionPrinter {
  return {
    prediction: (image, { label, score, probabilities }, heatmap) =>
      printJson({
        image,
        label: labels[label],
        score,
        ...(notSureBelow > 0 ? { sure: score >= notSureBelow } : {}),
        scores: new Map(labels.map((name, i) => [name, probabilities[i]])),
        ...(heatmap === undefined ? {} : { heatmap }),
      }),
    broken: (image, { code, message }) => printJson({ image, error: { code, message } }),
    end: () => undefined,
  };
}

function csvPrinter(labels: readonly string[], notSureBelow: number): PredictionPrinter {
  printData(csvLine(["image", "label", "score", ...labels, "error"]));
  return {
    prediction: (image, { label, score, probabilities }) => {
      const said = score < notSureBelow ? NOT_SURE : (labels[label] ?? "");
      printData(csvLine([image, said, score, ...probabilities, ""]));
    },
    broken: (image, { message }) => printData(csvLine([image, "", "", ...labels.map(() => ""), message])),
    end: () => undefined,
  };
}

/** The three most probable classes of each image, aligned over all of them. */
function tablePrinter(labels: readonly string[], notSureBelow: number): PredictionPrinter {
  const shown = Math.min(3, labels.length);
  const rows = [["image", "label", "sure", ...(shown > 1 || notSureBelow > 0 ? ["else"] : [])]];
  return {
    prediction(path, { label, score, probabilities }) {
      const classes = [...probabilities.entries()]
        .sort(([a, first], [b, second]) => Number(b === label) - Number(a === label) || second - first)
        .slice(0, shown)
        .map(([other, probability]) => `${labels[other]} ${percent(probability)}`);
      if (score < notSureBelow) rows.push([path, NOT_SURE, "-", classes.join(", ")]);
      else rows.push([path, labels[label] ?? "", percent(score), classes.slice(1).join(", ")]);
    },
    broken: (path, { message }) => void rows.push([path, "not usable", "-", message]),
    end: () => print(table(rows)),
  };
}
