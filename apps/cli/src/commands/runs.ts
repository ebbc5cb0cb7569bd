import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CoreError, type Dataset, MODEL_FILES, nameFew, parseManifest } from "@graft/core";
import { checkModelFolder, openRunStore, type RunFolder } from "@graft/core/node";
import { checkInt8Use } from "../check-int8-use.ts";
import { datasetOptions } from "../dataset-location.ts";
import { runsText, runText } from "../output/run-text.ts";
import { print, printJson } from "../output/stdout.ts";
import { curvesText } from "../output/train-summary.ts";
import { checkOutsideDataset } from "../outside-dataset.ts";
import type { CommandContext, Flags } from "../program.ts";
import { resumableError } from "../resumable-error.ts";
import { nextCommand } from "../self-command.ts";
import { Session } from "../session.ts";
import type { Training } from "../training.ts";
import { finishTraining } from "./train.ts";

/** `graft runs list`: newest first; one JSON object a run with --json. */
export async function list({ environment, json }: CommandContext): Promise<void> {
  const runs = await openRunStore(environment.home).list();
  if (json) {
    for (const run of runs) printJson(run);
    return;
  }
  if (runs.length === 0) {
    print(`No runs in ${environment.home}. Make one: ${nextCommand(environment, ["demo"])}`);
    return;
  }
  print(runsText(runs));
}

/** `graft runs show RUN`: options, curves, result. */
export async function show({ environment, json }: CommandContext, id: string): Promise<void> {
  const run = await openRunStore(environment.home).open(id);
  const state = await run.state();
  const events = await run.readEvents();
  if (json) {
    const { train, validation, test } = run.split;
    const split = { train: train.length, validation: validation.length, test: test.length };
    const epochs = events.filter(({ type }) => type === "epoch-end");
    printJson({ ...run.record, state, split, epochEnds: epochs });
    return;
  }
  print(
    [runText(run, state), curvesText(events, environment.columns)].filter((text) => text !== "").join("\n\n"),
  );
  const words = state === "completed" ? undefined : ["runs", "resume", id];
  if (words && state !== "running") print(`\nGo on with it: ${nextCommand(environment, words)}`);
}

/** `graft runs resume RUN`: with the options, split and weights it was started with, its model perhaps to another place. */
export async function resume(context: CommandContext, flags: Flags, id: string): Promise<void> {
  const run = await openRunStore(context.environment.home).open(id);
  if ((await run.state()) === "completed") {
    throw new CoreError("conflict", {
      what: `The run ${id} is completed: there is nothing to go on with.`,
      fix: `See it with: ${nextCommand(context.environment, ["runs", "show", id])}`,
    });
  }
  const place = await placeOf(run, flags).catch((error: unknown) => {
    throw resumableError(error, context.environment, run.record);
  });
  await using session = new Session(context);
  const { record } = run;
  const location = String(record.dataset?.location ?? record.datasetName);
  const opened = await session.dataset(location, datasetOptions(record.config));
  await checkAllThere(opened.dataset, run);
  const selected = await session.backend(record.config.backend);
  await checkInt8Use(session, record.config, selected.backend);
  const { source, origin, inputRange } = record.weights;
  const named = source === "bundled" || source === "imagenet";
  const weights = await session.weights(named ? source : origin, inputRange);
  const training: Training = { run, opened, weights, selected, ...place };
  await finishTraining(session, training, {
    model: place.change?.out ?? record.out ?? id,
    dataset: location,
  });
}

type Place = Pick<Training, "modelFolder" | "mayReplace" | "change">;

/**
 * Where a resumed run's model goes: what the flags say, as in `train`, else what the run was started with.
 * @throws CoreError `conflict`, `bad-input` when it can not go there.
 */
async function placeOf({ id, record, modelFolder }: RunFolder, flags: Flags): Promise<Place> {
  const given = typeof flags.out === "string" ? flags.out : undefined;
  const out = given ?? record.out;
  if (out === undefined) return { modelFolder, mayReplace: true };
  const force = flags.force === true || (given === undefined && record.force === true);
  const mayReplace = force || (await isModelOf(out, id));
  await checkModelFolder(out, { force: mayReplace });
  if (given !== undefined)
    await checkOutsideDataset(given, String(record.dataset?.location ?? record.datasetName));
  const folder = resolve(out);
  return { modelFolder: folder, mayReplace, change: { out: folder, force } };
}

/** @throws CoreError `conflict` that names images of the split that are gone or changed. */
async function checkAllThere({ images }: Dataset, { id, split, imagePaths }: RunFolder): Promise<void> {
  const here = new Set(images.map(({ hash }) => hash));
  const gone = [...split.train, ...split.validation].filter((hash) => !here.has(hash));
  if (gone.length === 0) return;
  const [known, paths] = [await imagePaths(), new Set(images.map(({ path }) => path))];
  const named = gone.map((hash) => {
    const path = known.get(hash);
    if (path === undefined) return `an image with sha256 ${hash}`;
    return paths.has(path) ? `${path} (changed)` : `${path} (gone)`;
  });
  throw new CoreError("conflict", {
    what: `The run ${id} can not go on: ${gone.length} of its images are gone or changed.`,
    received: nameFew(named.sort()),
    expected: `the ${split.train.length + split.validation.length} images that it was started with`,
    fix: "Bring them back, or start a new run.",
  });
}

/** True for a model that this very run wrote before it was stopped. */
async function isModelOf(folder: string, id: string): Promise<boolean> {
  const path = join(folder, MODEL_FILES.manifest);
  const text = await readFile(path, "utf8").catch(() => undefined);
  try {
    return text !== undefined && parseManifest(text, path).run === id;
  } catch {
    // not readable as a model: it is not ours to replace
    return false;
  }
}

/** `graft runs delete RUN…`: with checkpoints and models that are in their folders. */
export async function remove({ environment, json }: CommandContext, ids: readonly string[]): Promise<void> {
  const store = openRunStore(environment.home);
  for (const id of ids) await store.open(id).catch(rethrowUnlessBroken);
  for (const id of ids) {
    await store.remove(id);
    if (json) printJson({ deleted: id });
    else print(`Deleted ${id}`);
  }
}

/** A run that can not be read can be deleted; one that does not exist stops the command before anything is gone. */
function rethrowUnlessBroken(error: unknown): void {
  if (error instanceof CoreError && error.code !== "not-found") return;
  throw error;
}
