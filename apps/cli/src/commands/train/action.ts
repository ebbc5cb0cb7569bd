import { resolve } from "node:path";
import { deserializeError, serializeError, type TrainingWork, type Work, type WorkEnd } from "@graft/core";
import { checkModelFolder } from "@graft/core/node";
import { makeHome } from "../../environment/make-home.ts";
import { nextCommand } from "../../environment/self-command.ts";
import { EXIT } from "../../exit/exit-codes.ts";
import { readSavedConfig } from "../../options/saved-config.ts";
import { configFromFlags } from "../../options/train-flags.ts";
import { checkTypedDataset } from "../../options/typed-dataset.ts";
import { checkOutsideDataset } from "../../places/outside-dataset.ts";
import { humanReporter, jsonReporter } from "../../progress/train-reporter.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";
import { keptText, resumableError } from "../../training/resumable-error.ts";
import { type FinishedTraining, printTrainSummary } from "../../training/train-summary.ts";
import { workHere } from "../../training/work-here.ts";

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
  await makeHome(session.context.environment.home);
  const work: TrainingWork = {
    kind: "train",
    ...{ config, dataset, datasetName: dataset, force: flags.force === true },
    ...{ command: process.argv.slice(2), ...(out === undefined ? {} : { out: resolve(out) }) },
  };
  await finishTraining(session, work, { dataset, ...(out === undefined ? {} : { model: out }) });
}

/** What a training is called in the lines that are shown. */
interface TrainingWords {
  /** Its model. @default the run's id */
  readonly model?: string;
  readonly dataset: string;
}

/**
 * Does a training and shows it to its end: a summary and exit code 0, how to go on and 130, or the error.
 * @throws the error that the training failed with.
 */
export async function finishTraining(
  session: Session,
  work: TrainingWork,
  words: TrainingWords,
): Promise<FinishedTraining> {
  const { environment, json } = session.context;
  const end = await follow(session, json ? work : { ...work, score: true }, words);
  // without a run there is nothing to go on with
  if (end.run === undefined)
    throw deserializeError(end.error ?? serializeError(new TypeError("a training without a run has failed")));
  const run = await session.workspace.runs.open(end.run);
  const { record } = run;
  if (end.status === "interrupted") {
    session.notice(
      `Stopped; ${keptText(end, record)}. Resume with: ${nextCommand(environment, ["runs", "resume", record.id])}`,
    );
    process.exitCode = EXIT.interrupted;
    return { end, run };
  }
  if (!json && end.manifest)
    await printTrainSummary(session.context, { end, run }, { ...words, model: words.model ?? record.id });
  if (end.error) {
    const error = deserializeError(end.error);
    // a diverged one would diverge again; without an epoch on disk another try is worth it when the machine was at fault
    const isResumable =
      ["disk-full", "unreadable"].includes(end.error.code) ||
      (end.epochs + (end.steps ?? 0) > 0 && end.error.code !== "diverged");
    throw isResumable ? resumableError(error, environment, record) : error;
  }
  return { end, run };
}

/** Hands each event on to whoever looks, which is lines for people or the events as JSON. */
async function follow(session: Session, work: Work, { dataset }: TrainingWords): Promise<WorkEnd> {
  const { environment, json } = session.context;
  const reporting = {
    onUnread: () => session.stop("Nothing reads this output any longer: stopping at the next step."),
  };
  const reporter = json ? jsonReporter(reporting) : humanReporter(environment, reporting);
  const events = workHere(session, work);
  try {
    let next = await events.next();
    for (; !next.done; next = await events.next()) {
      if (next.value.type === "note") session.tellNote(next.value, dataset);
      reporter.event(next.value);
    }
    return next.value;
  } finally {
    reporter.close();
  }
}
