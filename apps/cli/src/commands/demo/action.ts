import { evaluateModel, imagesOfPart, parseTrainConfig, type StoredRun } from "@graft/core";
import { makeHome } from "../../environment/make-home.ts";
import { nextCommand } from "../../environment/self-command.ts";
import { print } from "../../output/stdout.ts";
import { percent, table } from "../../output/text.ts";
import type { CommandContext } from "../../session/context.ts";
import { Session } from "../../session/session.ts";
import { finishTraining } from "../train/action.ts";

const DATASET = "emoji";
const SHOWN = 9;
/** Of the images, kept from the training altogether: validation images choose the epoch that is kept. */
const TEST_FRACTION = 0.1;
/** An epoch takes some hundredths of a second, and 20 of them leave the head unfinished (0.88 instead of 0.92). */
const EPOCHS = 60;

/** `graft demo`: the whole job on embedded images with embedded weights. */
export async function demo(context: CommandContext): Promise<void> {
  await using session = new Session(context);
  const config = parseTrainConfig({ recipe: "gap", weights: "bundled", epochs: EPOCHS });
  session.notice(
    "Three kinds of emoji (animal, food, transport): which is which? The model learns from some and is tested on the others.",
  );
  await makeHome(context.environment.home);
  const work = { kind: "train", config, dataset: DATASET, datasetName: DATASET } as const;
  const { end, run } = await finishTraining(
    session,
    { ...work, testFraction: TEST_FRACTION, command: process.argv.slice(2) },
    { dataset: DATASET },
  );
  if (context.json || !end.manifest) return;
  print(`\n${await answers(session, run)}`);
  const own = nextCommand(context.environment, ["train", "FOLDER"]);
  print(`\nFor your own images: make a folder with one sub-folder for each class, then run ${own}`);
}

/** How the model does on the images that the training never saw, and what it says of some, evenly over the classes. */
async function answers(session: Session, run: StoredRun): Promise<string> {
  const { dataset, prepare } = await session.dataset(DATASET, { onEvent: () => undefined });
  const { model } = await session.workspace.openModel(run.id);
  const { backend } = await session.backend(run.record.config.backend);
  const images = imagesOfPart(dataset, run.split, "test");
  const { evaluation, predictions } = await evaluateModel({
    ...{ model, backend, images, labels: dataset.labels },
    prepare,
    decodeAhead: session.decodeAhead,
    signal: session.signal,
  });
  const count = Math.min(SHOWN, predictions.length);
  const rows = Array.from(
    { length: count },
    (_, i) => predictions[Math.floor((i * predictions.length) / count)],
  ).flatMap((found) => {
    if (!found) return [];
    const said = model.manifest.labels[found.prediction.label] ?? "";
    const isRight = said === dataset.labels[found.image.label];
    return [[found.image.path, said, percent(found.prediction.score), isRight ? "right" : "wrong"]];
  });
  return `${evaluation.images} images that it never saw: accuracy ${percent(evaluation.accuracy)}. Some of them:\n${table([["image", "said", "sure", ""], ...rows])}`;
}
