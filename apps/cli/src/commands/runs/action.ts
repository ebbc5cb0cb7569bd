import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { CoreError, MODEL_FILES, parseManifest, type Work } from "@graft/core";
import { checkModelFolder, openRunStore, type RunFolder } from "@graft/core/node";
import { nextCommand } from "../../environment/self-command.ts";
import { finishedEpochs } from "../../output/finished-epochs.ts";
import { runsText, runText } from "../../output/run-text.ts";
import { print, printJson } from "../../output/stdout.ts";
import { checkOutsideDataset } from "../../places/outside-dataset.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { Session } from "../../session/session.ts";
import { resumableError } from "../../training/resumable-error.ts";
import { curvesText } from "../../training/train-summary.ts";
import { finishTraining } from "../train/action.ts";

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
    printJson({ ...run.record, state, split, epochEnds: finishedEpochs(events) });
    return;
  }
  print(
    [runText(run, state), curvesText(events, environment.columns)].filter((text) => text !== "").join("\n\n"),
  );
  const words = state === "completed" ? undefined : ["runs", "resume", id];
  if (words && state !== "running") print(`\nResume it with: ${nextCommand(environment, words)}`);
}

/** `graft runs resume RUN`: with the options, split and weights it was started with, its model perhaps to another place. */
export async function resume(context: CommandContext, flags: Flags, id: string): Promise<void> {
  const run = await openRunStore(context.environment.home).open(id);
  const state = await run.state();
  if (state === "completed" || state === "cancelled") {
    throw new CoreError("conflict", {
      what: `The run ${id} is ${state}: there is nothing to resume.`,
      fix: `See it with: ${nextCommand(context.environment, ["runs", "show", id])}`,
    });
  }
  const place = await placeOf(run, flags).catch((error: unknown) => {
    throw resumableError(error, context.environment, run.record);
  });
  await using session = new Session(context);
  const { record } = run;
  const dataset = String(record.dataset?.location ?? record.datasetName);
  const model = place.out ?? id;
  await finishTraining(session, { kind: "resume", run: id, ...place }, { model, dataset });
}

type Place = Pick<Extract<Work, { kind: "resume" }>, "change" | "mayReplace" | "out">;

/**
 * Where a resumed run's model goes: what the flags say, as in `train`, else what the run was started with.
 * @throws CoreError `conflict`, `bad-input` when it cannot go there.
 */
async function placeOf({ id, record }: RunFolder, flags: Flags): Promise<Place> {
  const given = typeof flags.out === "string" ? flags.out : undefined;
  const out = given ?? record.out;
  if (out === undefined) return { mayReplace: true };
  const force = flags.force === true || (given === undefined && record.force === true);
  const mayReplace = force || (await isModelOf(out, id));
  await checkModelFolder(out, { force: mayReplace });
  if (given !== undefined)
    await checkOutsideDataset(given, String(record.dataset?.location ?? record.datasetName));
  const folder = resolve(out);
  return { out: folder, mayReplace, change: { out: folder, force } };
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

/** A run that cannot be read can be deleted; one that does not exist stops the command before anything is gone. */
function rethrowUnlessBroken(error: unknown): void {
  if (error instanceof CoreError && error.code !== "not-found") return;
  throw error;
}
