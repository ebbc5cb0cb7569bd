import {
  type CoreError,
  nameFew,
  openPredictor,
  type Prediction,
  type SkippedFile,
  throwIfCancelled,
} from "@graft/core";
import { readModelFolder } from "@graft/core/node";
import { EXIT, UsageError } from "../exit-codes.ts";
import { imagePaths } from "../image-paths.ts";
import { resolveModel } from "../model-path.ts";
import { csvLine } from "../output/csv.ts";
import { print, printData, printJson } from "../output/stdout.ts";
import { percent, table } from "../output/text.ts";
import { prepareFiles } from "../prepare-files.ts";
import type { CommandContext, Flags } from "../program.ts";
import { Session } from "../session.ts";

/** Takes the answers one by one, in the order of the images. */
interface PredictionPrinter {
  prediction(path: string, prediction: Prediction): void;
  broken(path: string, error: CoreError): void;
  end(): void;
}

/** `graft predict MODEL IMAGE…`: a broken image is reported in its place and makes the exit code 1; the others go on. */
export async function predict(
  context: CommandContext,
  flags: Flags,
  modelName: string,
  words: readonly string[],
): Promise<void> {
  if (context.json && flags.csv === true)
    throw new UsageError("--json and --csv are two forms of output: choose one.");
  const folder = resolveModel(modelName, context.environment.home);
  await using session = new Session(context);
  const { images, skipped } = await imagePaths(words, session.signal);
  if (skipped.length > 0) session.notice(skippedText(skipped));
  const [model, { backend }] = await Promise.all([readModelFolder(folder), session.backend(flags.backend)]);
  const { labels, rule } = model.manifest;
  const printer = printerOf(context, flags, labels);
  using predictor = await openPredictor(model, backend);
  let broken = 0;
  for await (const files of prepareFiles(images, backend.limits.preferredBatch, session.pool, rule)) {
    throwIfCancelled(session.signal);
    const predictions = await predictor.predict(
      files.flatMap((file) => ("image" in file ? [file.image] : [])),
    );
    for (const file of files) {
      if ("error" in file) {
        printer.broken(file.path, file.error);
        broken++;
        continue;
      }
      const prediction = predictions.shift();
      if (prediction) printer.prediction(file.path, prediction);
    }
  }
  printer.end();
  if (broken > 0) {
    session.notice(`${broken} of ${images.length} images could not be used.`);
    process.exitCode = EXIT.failed;
  }
}

function skippedText(skipped: readonly SkippedFile[]): string {
  const named = nameFew(skipped.map(({ path, reason }) => `${path} (${reason})`));
  return `Note: ${skipped.length} passed over: ${named}`;
}

function printerOf(context: CommandContext, flags: Flags, labels: readonly string[]): PredictionPrinter {
  if (context.json) return jsonPrinter(labels);
  return flags.csv === true ? csvPrinter(labels) : tablePrinter(labels);
}

function jsonPrinter(labels: readonly string[]): PredictionPrinter {
  return {
    prediction: (image, { label, score, probabilities }) =>
      printJson({
        image,
        label: labels[label],
        score,
        scores: Object.fromEntries(labels.map((name, i) => [name, probabilities[i]])),
      }),
    broken: (image, { code, message }) => printJson({ image, error: { code, message } }),
    end: () => undefined,
  };
}

function csvPrinter(labels: readonly string[]): PredictionPrinter {
  printData(csvLine(["image", "label", "score", ...labels, "error"]));
  return {
    prediction: (image, { label, score, probabilities }) =>
      printData(csvLine([image, labels[label] ?? "", score, ...probabilities, ""])),
    broken: (image, { message }) => printData(csvLine([image, "", "", ...labels.map(() => ""), message])),
    end: () => undefined,
  };
}

/** The three most probable classes of each image, aligned over all of them. */
function tablePrinter(labels: readonly string[]): PredictionPrinter {
  const shown = Math.min(3, labels.length);
  const rows = [["image", "label", "sure", ...(shown > 1 ? ["else"] : [])]];
  return {
    prediction(path, { label, score, probabilities }) {
      const others = [...probabilities.entries()]
        .filter(([other]) => other !== label)
        .sort(([, a], [, b]) => b - a)
        .slice(0, shown - 1)
        .map(([other, probability]) => `${labels[other]} ${percent(probability)}`);
      rows.push([path, labels[label] ?? "", percent(score), others.join(", ")]);
    },
    broken: (path, { message }) => void rows.push([path, "not usable", "-", message]),
    end: () => print(table(rows)),
  };
}
