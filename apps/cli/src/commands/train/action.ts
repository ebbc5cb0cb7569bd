import { resolve } from "node:path";
import {
  deserializeError,
  drawSplit,
  flipWarning,
  splitWarnings,
  type TrainConfig,
  type TrainResult,
} from "@graft/core";
import { checkModelFolder, openRunStore } from "@graft/core/node";
import { makeHome } from "../../environment/make-home.ts";
import { nextCommand } from "../../environment/self-command.ts";
import { EXIT } from "../../exit/exit-codes.ts";
import {
  checkTypedDataset,
  datasetLocation,
  datasetOptions,
  placedConfig,
} from "../../options/dataset-location.ts";
import { readSavedConfig } from "../../options/saved-config.ts";
import { configFromFlags } from "../../options/train-flags.ts";
import { checkOutsideDataset } from "../../places/outside-dataset.ts";
import { humanReporter, jsonReporter } from "../../progress/train-reporter.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";
import { checkInt8Use } from "../../training/check-int8-use.ts";
import { keptText, resumableError } from "../../training/resumable-error.ts";
import { printTrainSummary } from "../../training/train-summary.ts";
import { runTraining, type Training } from "../../training/training.ts";

/** `graft train DATASET`: everything that can be refused is refused before the first image is computed. */
export async function train(context: CommandContext, flags: Flags, dataset: string): Promise<void> {
  checkTypedDataset(dataset);
  const config = configFromFlags(flags, await readSavedConfig(flags.config));
  const out = typeof flags.out === "string" ? flags.out : undefined;
  if (out !== undefined) {
    await checkModelFolder(out, { force: flags.force === true });
    await checkOutsideDataset(out, dataset);
  }
  await using session = new Session(context);
  const training = await startTraining(session, config, {
    dataset,
    ...(out === undefined ? {} : { out }),
    force: flags.force === true,
  });
  await finishTraining(session, training, { model: out ?? training.run.id, dataset });
}

interface TrainingWords {
  readonly dataset: string;
  readonly out?: string;
  readonly force: boolean;
  /** Share of the images that the training must not see at all, not even to choose its epoch. @default 0 */
  readonly testFraction?: number;
}

/** Opens what a training needs and makes its run. */
export async function startTraining(
  session: Session,
  config: TrainConfig,
  { dataset: name, out, force, testFraction = 0 }: TrainingWords,
): Promise<Training> {
  await makeHome(session.context.environment.home);
  const { location, shortName } = datasetLocation(name);
  const opened = await session.dataset(location, datasetOptions(config));
  session.tellNotes(opened.dataset, name);
  const split = drawSplit(opened.dataset, { seed: config.seed, fraction: config.valSplit, testFraction });
  for (const { message } of splitWarnings(opened.dataset, split)) session.notice(`Note: ${message}`);
  const mirrored = flipWarning(opened.dataset.labels, config);
  if (mirrored) session.notice(`Note: ${mirrored.message}`);
  const selected = await session.backend(config.backend);
  await checkInt8Use(session, config, selected.backend);
  const weights = await session.weights(config.weights, config.inputRange, config.cut);
  const { dataset } = opened;
  const { images, labels, broken } = dataset;
  const run = await openRunStore(session.context.environment.home).create({
    config: placedConfig(config),
    datasetName: shortName,
    dataset: { location, images: images.length, labels, broken: broken.length },
    ...{ split, images: dataset },
    weights,
    command: process.argv.slice(2),
    ...(out === undefined ? {} : { out: resolve(out), force }),
  });
  return {
    ...{ run, opened, weights, selected },
    modelFolder: out === undefined ? run.modelFolder : resolve(out),
    mayReplace: out === undefined || force,
  };
}

/**
 * Runs it and tells of the end: a summary and exit code 0, how to go on and 130, or the error.
 * @throws the error that the training failed with.
 */
export async function finishTraining(
  session: Session,
  training: Training,
  words: { readonly model: string; readonly dataset: string },
): Promise<TrainResult> {
  const { environment, json } = session.context;
  const reporting = {
    onUnread: () => session.stop("Nobody reads what is written any more: stopping at the next step."),
  };
  const reporter = json ? jsonReporter(reporting) : humanReporter(environment, reporting);
  const result = await runTraining(session, training, reporter);
  if (result.status === "interrupted") {
    session.notice(
      `Stopped; ${keptText(result, training.run.record)}. Go on with: ${nextCommand(environment, ["runs", "resume", training.run.id])}`,
    );
    process.exitCode = EXIT.interrupted;
    return result;
  }
  if (!json && result.model) await printTrainSummary(session, training, result, words);
  if (result.error) {
    const error = deserializeError(result.error);
    // a diverged one would diverge again; without an epoch on disk another try is worth it when the machine was at fault
    const isResumable =
      ["disk-full", "unreadable"].includes(result.error.code) ||
      (result.epochs + (result.steps ?? 0) > 0 && result.error.code !== "diverged");
    throw isResumable ? resumableError(error, environment, training.run.record) : error;
  }
  return result;
}
