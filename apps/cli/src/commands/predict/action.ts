import {
  type Backend,
  type Model,
  nameFew,
  openFeaturePredictor,
  openPredictor,
  type Prediction,
  type SkippedFile,
  throwIfCancelled,
} from "@graft/core";
import { readModelFolder, resolveModelFolder } from "@graft/core/node";
import { EXIT, UsageError } from "../../exit/exit-codes.ts";
import { HeatMapWriter } from "../../images/heat-map-writer.ts";
import { imagePaths } from "../../images/image-paths.ts";
import { prepareFiles, type UsableFile } from "../../images/prepare-files.ts";
import { modelRun, trainingFolder } from "../../model/model-run.ts";
import { printerOf } from "../../output/prediction-printers.ts";
import { checkOutsideImages } from "../../places/outside-images.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";

/** `graft predict MODEL IMAGE…`: a broken image is reported in its place and makes the exit code 1; the others go on. */
export async function predict(
  context: CommandContext,
  flags: Flags,
  modelName: string,
  words: readonly string[],
): Promise<void> {
  if (context.json && flags.csv === true)
    throw new UsageError("--json and --csv are two forms of output: choose one.");
  const folder = resolveModelFolder(modelName, context.environment.home);
  await using session = new Session(context);
  const { images, skipped } = await imagePaths(words, session.signal);
  if (skipped.length > 0) session.notice(skippedText(skipped));
  const [model, { backend }] = await Promise.all([readModelFolder(folder), session.backend(flags.backend)]);
  const { labels, rule } = model.manifest;
  if (typeof flags.heatmap === "string") {
    const trainedOn = trainingFolder(await modelRun(context.environment.home, model.manifest));
    const paths = images.map(({ path }) => path);
    await checkOutsideImages(flags.heatmap, { words, paths, labels, trainedOn });
  }
  const printer = printerOf(model.manifest, {
    form: context.json ? "json" : flags.csv === true ? "csv" : "table",
    notSureBelow: typeof flags.notSureBelow === "number" ? flags.notSureBelow : 0,
  });
  const heatMaps =
    typeof flags.heatmap === "string"
      ? new HeatMapWriter(flags.heatmap, { model, pool: session.workspace.pool, force: flags.force === true })
      : undefined;
  using answers = await openAnswers(model, backend, heatMaps);
  let broken = 0;
  for await (const files of prepareFiles(
    images,
    backend.limits.preferredBatch,
    session.workspace.pool,
    rule,
  )) {
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
    session.notice(
      images.length === 1
        ? "The image could not be used."
        : `${broken} of ${images.length} images could not be used.`,
    );
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
