import { type CoreError, isUnlike, type ModelManifest, type Prediction } from "@graft/core";
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

/** What stands beside an answer to a picture that is like nothing in the training. */
const UNLIKE = "like nothing it learned from";

/** What a model says with its answers. */
type Answering = Pick<ModelManifest, "labels"> & (LearnedLikeness | JudgedElsewhere);
type LearnedLikeness = Pick<Partial<ModelManifest>, "likeness">;
/** A server says which pictures are unlike the training. */
interface JudgedElsewhere {
  readonly tellsUnlike: boolean;
  unlikeOf(prediction: Prediction): boolean | undefined;
}

const tellsUnlike = (model: Answering): boolean =>
  "unlikeOf" in model ? model.tellsUnlike : model.likeness !== undefined;
const unlikeOf = (model: Answering, prediction: Prediction): boolean | undefined =>
  "unlikeOf" in model ? model.unlikeOf(prediction) : isUnlike(model, prediction);

/** What stands for the label of an answer that is below the wanted score. */
const NOT_SURE = "not sure";

export function printerOf(model: Answering, { form, notSureBelow }: PrinterOptions): PredictionPrinter {
  if (form === "json") return jsonPrinter(model, notSureBelow);
  return form === "csv" ? csvPrinter(model, notSureBelow) : tablePrinter(model, notSureBelow);
}

function jsonPrinter(model: Answering, notSureBelow: number): PredictionPrinter {
  const { labels } = model;
  return {
    prediction: (image, prediction, heatmap) => {
      const { label, score, probabilities, distance } = prediction;
      const unlike = unlikeOf(model, prediction);
      printJson({
        image,
        label: labels[label],
        score,
        ...(notSureBelow > 0 ? { sure: score >= notSureBelow } : {}),
        ...(unlike === undefined ? {} : { unlike, distance }),
        scores: new Map(labels.map((name, i) => [name, probabilities[i]])),
        ...(heatmap === undefined ? {} : { heatmap }),
      });
    },
    broken: (image, { code, message }) => printJson({ image, error: { code, message } }),
    end: () => undefined,
  };
}

function csvPrinter(model: Answering, notSureBelow: number): PredictionPrinter {
  const { labels } = model;
  // the last column, so that the others are where they are for a model that cannot say
  const whether = (word: string): string[] => (tellsUnlike(model) ? [word] : []);
  printData(csvLine(["image", "label", "score", ...labels, "error", ...whether("unlike")]));
  return {
    prediction: (image, prediction) => {
      const { label, score, probabilities } = prediction;
      const said = score < notSureBelow ? NOT_SURE : (labels[label] ?? "");
      const unlike = whether(String(unlikeOf(model, prediction) ?? ""));
      printData(csvLine([image, said, score, ...probabilities, "", ...unlike]));
    },
    broken: (image, { message }) =>
      printData(csvLine([image, "", "", ...labels.map(() => ""), message, ...whether("")])),
    end: () => undefined,
  };
}

/** The three most probable classes of each image, aligned over all of them; what is unlike the training, where any is. */
function tablePrinter(model: Answering, notSureBelow: number): PredictionPrinter {
  const { labels } = model;
  const shown = Math.min(3, labels.length);
  const head = ["image", "label", "sure", ...(shown > 1 || notSureBelow > 0 ? ["else"] : [])];
  const rows: string[][] = [];
  return {
    prediction(path, prediction) {
      const { label, score, probabilities } = prediction;
      const classes = [...probabilities.entries()]
        .sort(([a, first], [b, second]) => Number(b === label) - Number(a === label) || second - first)
        .slice(0, shown)
        .map(([other, probability]) => `${labels[other]} ${percent(probability)}`);
      const note = unlikeOf(model, prediction) === true ? [UNLIKE] : [];
      if (score < notSureBelow) rows.push([path, NOT_SURE, "-", classes.join(", "), ...note]);
      else rows.push([path, labels[label] ?? "", percent(score), classes.slice(1).join(", "), ...note]);
    },
    broken: (path, { message }) => void rows.push([path, "not usable", "-", message]),
    end: () => {
      const isAnyUnlike = rows.some(({ length }) => length > head.length);
      print(table([isAnyUnlike ? [...head, "note"] : head, ...rows]));
    },
  };
}

/** One line of comma-separated values (RFC 4180): quoted where a comma, quote or line break would break it, and otherwise as it is. */
export function csvLine(cells: readonly (string | number)[]): string {
  return cells
    .map((cell) => (/[",\r\n]/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell)))
    .join(",");
}
