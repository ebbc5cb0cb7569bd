import { type DatasetImage, imagesOfPart, type Model, openPredictor, parseTrainConfig } from "@graft/core";
import { print } from "../output/stdout.ts";
import { percent, table } from "../output/text.ts";
import type { CommandContext } from "../program.ts";
import { nextCommand } from "../self-command.ts";
import { Session } from "../session.ts";
import type { Training } from "../training.ts";
import { finishTraining, startTraining } from "./train.ts";

const DATASET = "emoji";
const SHOWN = 9;
/** An epoch takes some hundredths of a second, and 20 of them leave the head unfinished (0.88 instead of 0.92). */
const EPOCHS = 60;

/** `graft demo`: the whole job on embedded images with embedded weights. */
export async function demo(context: CommandContext): Promise<void> {
  await using session = new Session(context);
  const config = parseTrainConfig({ recipe: "gap", weights: "bundled", epochs: EPOCHS });
  session.notice(
    "Three kinds of emoji (animal, food, transport): which is which? Learning from some, tried on the others.",
  );
  const training = await startTraining(session, config, { dataset: DATASET, force: false });
  const result = await finishTraining(session, training, { model: training.run.id, dataset: DATASET });
  if (context.json || !result.model) return;
  print(`\nImages it never saw:\n${await answers(session, training, result.model)}`);
  const own = nextCommand(context.environment, ["train", "FOLDER"]);
  print(`\nYour own images: a folder with one sub-folder for each class, then ${own}`);
}

/** What the model says of some images that were held out, evenly over the classes. */
async function answers(session: Session, { run, opened, selected }: Training, model: Model): Promise<string> {
  const held = imagesOfPart(opened.dataset, run.split, "validation");
  const shown = Array.from(
    { length: Math.min(SHOWN, held.length) },
    (_, i) => held[Math.floor((i * held.length) / SHOWN)],
  );
  const images = shown.filter((image): image is DatasetImage => image !== undefined);
  const prepare = session.prepareFrom(opened.source);
  using predictor = await openPredictor(model, selected.backend);
  const pixels = await Promise.all(images.map((image) => prepare(image, model.manifest.rule, null, [0])));
  const predictions = await predictor.predict(pixels.flat());
  const rows = images.map(({ path, label }, i) => {
    const said = predictions[i];
    const name = model.manifest.labels[said?.label ?? -1] ?? "";
    const isRight = name === opened.dataset.labels[label];
    return [path, name, percent(said?.score ?? 0), isRight ? "right" : "wrong"];
  });
  return table([["image", "said", "sure", ""], ...rows]);
}
