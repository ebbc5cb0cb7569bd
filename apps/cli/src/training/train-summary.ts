import { relative, sep } from "node:path";
import type { EpochEndEvent, Metrics, StoredRun, TrainEvent, WorkEnd } from "@graft/core";
import { cacheFolders } from "@graft/core/node";
import { nextCommand } from "../environment/self-command.ts";
import { curves } from "../output/curves.ts";
import { evaluationText, mistakesText } from "../output/evaluation-text.ts";
import { finishedEpochs } from "../output/finished-epochs.ts";
import { accuracyText } from "../output/run-text.ts";
import { print } from "../output/stdout.ts";
import { duration } from "../output/text.ts";
import type { CommandContext } from "../session/context.ts";

/** What int8 may change of an accuracy. */
const INT8_MOST_LOST = 0.01;

/** A training that has ended, and its run. */
export interface FinishedTraining {
  readonly end: WorkEnd;
  readonly run: StoredRun;
}

/** What people see at the end: curves, who is taken for whom, the surest mistakes, where the model is, what to type next. */
export async function printTrainSummary(
  { environment }: CommandContext,
  { end, run }: FinishedTraining,
  words: { readonly model: string; readonly dataset: string },
): Promise<void> {
  const events = await run.readEvents();
  const image = exampleImage(end.example, environment.home);
  const next = [
    "Next:",
    `  ${nextCommand(environment, ["predict", words.model, image])}`,
    `  ${nextCommand(environment, ["evaluate", words.model, words.dataset])}`,
    `  ${nextCommand(environment, ["runs", "show", run.id])}`,
  ].join("\n");
  const blocks = [
    ...[curvesText(events, environment.columns), validationText(end)],
    ...[resultText(events, { end, run }), next],
  ];
  print(`\n${blocks.filter((block) => block !== "").join("\n\n")}`);
}

/**
 * What to try a new model on, as a word to copy.
 * @param path an image of the data set. One of an unpacked archive has a name that says nothing and is gone after
 *   `graft cache prune`, so a name for a photo of one's own stands for it.
 */
export function exampleImage(path: string | undefined, home: string): string {
  if (path === undefined) return "IMAGE";
  const isUnpacked = !relative(cacheFolders(home).archives, path).startsWith(`..${sep}`);
  return isUnpacked ? "photo.jpg" : path;
}

/** Accuracy and loss over the epochs. */
export function curvesText(events: readonly TrainEvent[], columns: number): string {
  const course = finishedEpochs(events);
  const validated = (pick: (event: EpochEndEvent) => number | undefined): number[] =>
    course.flatMap((event) => pick(event) ?? []);
  return [
    curves(
      "accuracy",
      { train: course.map(({ accuracy }) => accuracy), validation: validated((event) => event.valAccuracy) },
      columns,
    ),
    curves(
      "loss",
      { train: course.map(({ loss }) => loss), validation: validated((event) => event.valLoss) },
      columns,
    ),
  ]
    .filter((chart) => chart !== "")
    .join("\n\n");
}

function validationText({ score, metrics }: WorkEnd): string {
  if (!score) return "";
  // the training is done and its model in place: that its images cannot be looked at any more is worth a line
  if ("error" in score) return `Which classes are confused is not known: ${score.error.message}`;
  return [`Validation: ${evaluationText(score.evaluation)}`, int8Text(metrics), mistakesText(score.mistakes)]
    .filter((text) => text !== "")
    .join("\n\n");
}

/** What the head was chosen by, beside what it does behind the trunk that predicts. */
function int8Text({ valAccuracy, float32ValAccuracy }: Metrics = {}): string {
  if (valAccuracy === undefined || float32ValAccuracy === undefined) return "";
  const lost = valAccuracy - float32ValAccuracy;
  const told = `Accuracy ${valAccuracy.toFixed(3)} with the int8 trunk it was trained on, ${float32ValAccuracy.toFixed(3)} with the float32 trunk that predicts.`;
  return Math.abs(lost) > INT8_MOST_LOST + 1e-9
    ? `${told} They differ by more than ${INT8_MOST_LOST}: --precision float32 suits this data set better.`
    : told;
}

function resultText(events: readonly TrainEvent[], { end: ended, run }: FinishedTraining): string {
  const { metrics, keptEpoch, where, manifest } = ended;
  const end = events.findLast((event) => event.type === "run-end");
  const kept = keptEpoch === undefined ? "" : `Kept epoch ${keptEpoch} of ${end?.epochs ?? keptEpoch}`;
  const accuracy = accuracyText(end ?? { ...(metrics ? { metrics } : {}) });
  const time = end ? `${duration(end.seconds)} on ${end.backend}` : "";
  const isHeadOnly = run.record.config.fineTune !== null && manifest?.fineTuned === undefined;
  return [
    [kept, accuracy, time].filter((text) => text !== "").join(", "),
    ...(isHeadOnly
      ? ["Fine-tuning did not help, so the model keeps the head from before it, on the unchanged trunk."]
      : []),
    ...likenessText(manifest?.likeness),
    `Model: ${where ?? "none"}`,
  ].join("\n");
}

/** What predict says beside answers from now on, and how often. */
function likenessText(likeness: Required<WorkEnd>["manifest"]["likeness"]): string[] {
  if (!likeness) return [];
  const { foreign, keptShare } = likeness;
  const ofForeign = foreign ? `of ${foreign.flagged} of ${foreign.images} ${foreign.name}, and ` : "";
  const wrongly = Math.round(100 * (1 - keptShare));
  return [
    `predict says "like nothing it learned from" ${ofForeign}wrongly of about ${wrongly} in 100 pictures like those it learned from`,
  ];
}
