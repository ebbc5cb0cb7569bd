import { predictJob } from "@graft/core";
import { resolveModelFolder } from "@graft/core/node";
import { EXIT, UsageError } from "../../exit/exit-codes.ts";
import { FileToAsk } from "../../images/file-to-ask.ts";
import { HeatMapWriter } from "../../images/heat-map-writer.ts";
import { imagePaths } from "../../images/image-paths.ts";
import { trainingFolder } from "../../model/training-folder.ts";
import { skippedText, unusableText } from "../../output/prediction-notes.ts";
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
  resolveModelFolder(modelName, context.environment.home);
  await using session = new Session(context);
  const { images, skipped } = await imagePaths(words, session.signal);
  if (skipped.length > 0) session.notice(skippedText(skipped));
  const { workspace } = session;
  // its thread loads the decoder while this one loads the model and the engine
  workspace.pool.start();
  const [{ model, run }] = await Promise.all([
    workspace.openModel(modelName),
    session.backend(flags.backend),
  ]);
  const { labels } = model.manifest;
  if (typeof flags.heatmap === "string") {
    const trainedOn = trainingFolder(run);
    const paths = images.map(({ path }) => path);
    await checkOutsideImages(flags.heatmap, { words, paths, labels, trainedOn });
  }
  const printer = printerOf(model.manifest, {
    form: context.json ? "json" : flags.csv === true ? "csv" : "table",
    notSureBelow:
      typeof flags.notSureBelow === "number" ? flags.notSureBelow : (model.manifest.notSureBelow ?? 0),
  });
  const heatMaps =
    typeof flags.heatmap === "string" ? new HeatMapWriter(flags.heatmap, flags.force === true) : undefined;
  const answers = predictJob(workspace, {
    model,
    images: images.map((image) => new FileToAsk(image, workspace.pool)),
    backend: typeof flags.backend === "string" ? flags.backend : undefined,
    explain: heatMaps !== undefined,
  });
  let broken = 0;
  for await (const answer of answers) {
    if ("error" in answer) {
      printer.broken(answer.name, answer.error);
      broken++;
      continue;
    }
    const { name, prediction, heatMap } = answer;
    printer.prediction(name, prediction, heatMap && (await heatMaps?.write(name, heatMap)));
  }
  printer.end();
  if (heatMaps) session.notice(`Heat maps: ${images.length - broken} in ${flags.heatmap}`);
  if (broken > 0) {
    session.notice(unusableText(broken, images.length));
    process.exitCode = EXIT.failed;
  }
}
