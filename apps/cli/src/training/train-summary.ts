import { relative, sep } from "node:path";
import {
  CoreError,
  type EpochEndEvent,
  imagesOfPart,
  type Metrics,
  type Model,
  scoreTraining,
  type TrainEvent,
  type Training,
  type TrainResult,
} from "@graft/core";
import { cacheFolders } from "@graft/core/node";
import { nextCommand } from "../environment/self-command.ts";
import { curves } from "../output/curves.ts";
import { evaluationText, mistakesText } from "../output/evaluation-text.ts";
import { finishedEpochs } from "../output/finished-epochs.ts";
import { accuracyText } from "../output/run-text.ts";
import { print } from "../output/stdout.ts";
import { duration } from "../output/text.ts";
import type { Session } from "../session/session.ts";

/** What int8 may change of an accuracy. */
const INT8_MOST_LOST = 0.01;

/** What people see at the end: curves, who is taken for whom, the surest mistakes, where the model is, what to type next. */
export async function printTrainSummary(
  session: Session,
  training: Training,
  result: TrainResult,
  words: { readonly model: string; readonly dataset: string },
): Promise<void> {
  const { run, opened } = training;
  const { environment } = session.context;
  const events = await run.readEvents();
  const blocks = [curvesText(events, environment.columns)];
  if (result.model) {
    const { model } = result;
    blocks.push(await validationText(session, training, { ...result, model }).catch(unlessUnreadable));
  }
  blocks.push(resultText(events, result));
  const [example] = imagesOfPart(opened.dataset, run.split, "validation");
  const image = exampleImage(example && opened.pathOf?.(example), environment.home);
  blocks.push(
    [
      "Next:",
      `  ${nextCommand(environment, ["predict", words.model, image])}`,
      `  ${nextCommand(environment, ["evaluate", words.model, words.dataset])}`,
      `  ${nextCommand(environment, ["runs", "show", run.id])}`,
    ].join("\n"),
  );
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

/** The training is done and its model in place: that its images cannot be looked at any more is worth a line. */
function unlessUnreadable(error: unknown): string {
  if (error instanceof CoreError && error.code === "unreadable")
    return `Who is taken for whom is not known: ${error.message}`;
  throw error;
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

async function validationText(
  session: Session,
  training: Training,
  { model, metrics }: TrainResult & Required<Pick<TrainResult, "model">>,
): Promise<string> {
  const score = await scoreTraining(session.workspace, training, model);
  if (!score) return "";
  return [`Validation: ${evaluationText(score.evaluation)}`, int8Text(metrics), mistakesText(score.mistakes)]
    .filter((text) => text !== "")
    .join("\n\n");
}

/** What the head was chosen by, beside what it does behind the trunk that predicts. */
function int8Text({ valAccuracy, float32ValAccuracy }: Metrics = {}): string {
  if (valAccuracy === undefined || float32ValAccuracy === undefined) return "";
  const lost = valAccuracy - float32ValAccuracy;
  const told = `Accuracy ${valAccuracy.toFixed(3)} behind the int8 trunk it was trained on, ${float32ValAccuracy.toFixed(3)} behind the float32 trunk that predicts.`;
  return Math.abs(lost) > INT8_MOST_LOST + 1e-9
    ? `${told} They differ by more than ${INT8_MOST_LOST}: --precision float32 suits this data set better.`
    : told;
}

function resultText(
  events: readonly TrainEvent[],
  { metrics, keptEpoch, where, model }: TrainResult,
): string {
  const end = events.findLast((event) => event.type === "run-end");
  const kept = keptEpoch === undefined ? "" : `Kept epoch ${keptEpoch} of ${end?.epochs ?? keptEpoch}`;
  const accuracy = accuracyText(end ?? { ...(metrics ? { metrics } : {}) });
  const time = end ? `${duration(end.seconds)} on ${end.backend}` : "";
  const manifest = model?.manifest;
  const isHeadOnly = manifest?.config.fineTune != null && manifest.fineTuned === undefined;
  return [
    [kept, accuracy, time].filter((text) => text !== "").join(", "),
    ...(isHeadOnly
      ? ["Fine-tuning made it no better, so the model is the head's, on the trunk as it was."]
      : []),
    ...likenessText(manifest?.likeness),
    `Model: ${where ?? "none"}`,
  ].join("\n");
}

/** What predict says beside answers from now on, and how often. */
function likenessText(likeness: Model["manifest"]["likeness"]): string[] {
  if (!likeness) return [];
  const { foreign, keptShare } = likeness;
  const ofForeign = foreign ? `of ${foreign.flagged} of ${foreign.images} ${foreign.name}, and ` : "";
  const wrongly = Math.round(100 * (1 - keptShare));
  return [
    `predict says "like nothing it learned from" ${ofForeign}wrongly of about ${wrongly} in 100 pictures like those that it learned from`,
  ];
}
