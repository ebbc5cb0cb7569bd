import {
  type Backend,
  type CoreError,
  type Model,
  nameFew,
  openFeaturePredictor,
  openPredictor,
  type Prediction,
  type SkippedFile,
  throwIfCancelled,
} from "@graft/core";
import { readModelFolder } from "@graft/core/node";
import { EXIT, UsageError } from "../exit-codes.ts";
import { HeatMapWriter } from "../heat-map-writer.ts";
import { imagePaths } from "../image-paths.ts";
import { resolveModel } from "../model-path.ts";
import { csvLine } from "../output/csv.ts";
import { print, printData, printJson } from "../output/stdout.ts";
import { percent, table } from "../output/text.ts";
import { prepareFiles, type UsableFile } from "../prepare-files.ts";
import type { CommandContext, Flags } from "../program.ts";
import { Session } from "../session.ts";

/** Takes the answers one by one, in the order of the images. */
interface PredictionPrinter {
  /** @param heatmap path of its heat map, when those are made. */
  prediction(path: string, prediction: Prediction, heatmap?: string): void;
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
  const heatMaps =
    typeof flags.heatmap === "string"
      ? new HeatMapWriter(flags.heatmap, { model, pool: session.pool, force: flags.force === true })
      : undefined;
  using answers = await openAnswers(model, backend, heatMaps);
  let broken = 0;
  for await (const files of prepareFiles(images, backend.limits.preferredBatch, session.pool, rule)) {
    throwIfCancelled(session.signal);
    const usable = files.flatMap((file) => ("image" in file ? [file] : []));
    const given = await answers.of(usable);
    for (const file of files) {
      if ("error" in file) {
        printer.broken(file.path, file.error);
        broken++;
        continue;
      }
      const answer = given.shift();
      if (answer) printer.prediction(file.path, answer.prediction, answer.heatmap);
    }
  }
  printer.end();
  if (heatMaps) session.notice(`Heat maps: ${images.length - broken} in ${flags.heatmap}`);
  if (broken > 0) {
    session.notice(`${broken} of ${images.length} images could not be used.`);
    process.exitCode = EXIT.failed;
  }
}

interface Answer {
  readonly prediction: Prediction;
  readonly heatmap?: string;
}

interface Answers extends Disposable {
  of(files: readonly UsableFile[]): Promise<Answer[]>;
}

/** Asks the model, and for its features too only where heat maps are made of them. */
async function openAnswers(
  model: Model,
  backend: Backend,
  heatMaps: HeatMapWriter | undefined,
): Promise<Answers> {
  if (!heatMaps) {
    const predictor = await openPredictor(model, backend);
    return {
      of: async (files) =>
        (await predictor.predict(files.map(({ image }) => image))).map((prediction) => ({ prediction })),
      [Symbol.dispose]: () => predictor.dispose(),
    };
  }
  const predictor = await openFeaturePredictor(model, backend);
  return {
    async of(files) {
      const answers: Answer[] = [];
      for (const [i, seen] of (
        await predictor.predictWithFeatures(files.map(({ image }) => image))
      ).entries()) {
        const file = files[i];
        if (file) answers.push({ prediction: seen.prediction, heatmap: await heatMaps.write(file, seen) });
      }
      return answers;
    },
    [Symbol.dispose]: () => predictor.dispose(),
  };
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
    prediction: (image, { label, score, probabilities }, heatmap) =>
      printJson({
        image,
        label: labels[label],
        score,
        scores: Object.fromEntries(labels.map((name, i) => [name, probabilities[i]])),
        ...(heatmap === undefined ? {} : { heatmap }),
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
