import { resolve } from "node:path";
import { deserializeError, MODEL_FILES, memoryFolder, modelAccuracy, readModel } from "@graft/core";
import { checkModelFolder, writeModelFolder } from "@graft/core/node";
import { nextCommand } from "../environment/self-command.ts";
import { EXIT } from "../exit/exit-codes.ts";
import { readSavedConfig } from "../options/saved-config.ts";
import { configFromFlags } from "../options/train-flags.ts";
import { checkTypedDataset } from "../options/typed-dataset.ts";
import { evaluationText, mistakesText } from "../output/evaluation-text.ts";
import { print } from "../output/stdout.ts";
import { duration, percent } from "../output/text.ts";
import { checkOutsideDataset } from "../places/outside-dataset.ts";
import type { CommandContext, Flags } from "../session/context.ts";
import { Session } from "../session/session.ts";
import { asCoreError, connect, type ServerClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { datasetThere } from "./dataset-there.ts";
import { followRun, GOES_ON, leftText } from "./follow-there.ts";
import { splitAsked } from "./split-there.ts";

/** Mistakes that are named at the end. */
const NAMED_MISTAKES = 5;

/** `graft train DATASET` on a server: brings the pictures that it lacks, trains there, and shows it as a training here. */
export async function trainThere(
  context: CommandContext,
  flags: Flags,
  { server, dataset: name }: { readonly server: Credentials; readonly dataset: string },
): Promise<void> {
  checkTypedDataset(name);
  const saved = await readSavedConfig(flags.config);
  const config = configFromFlags(flags, saved);
  const split = splitAsked(config, { ...Object(saved), ...flags });
  const out = typeof flags.out === "string" ? flags.out : undefined;
  if (out !== undefined) {
    await checkModelFolder(out, { force: flags.force === true });
    await checkOutsideDataset(out, name);
  }
  await using session = new Session(context, GOES_ON);
  const client = connect(server);
  try {
    const dataset = await datasetThere(session, client, { name, labelsFrom: config.labelsFrom, split });
    // what was not said of the split is the data set's
    const { labelsFrom: _, valSplit: __, groupPrefix: ___, ...options } = config;
    const run = await client.api.runs.create.mutate({ dataset, config: { ...options, ...split } });
    session.notice(`Run ${run.number} of ${name} on ${server.url}: ${run.id}`);
    await finishThere(session, client, { run: run.id, out, force: flags.force === true });
  } catch (error) {
    throw asCoreError(error, server.url);
  }
}

/** Shows a run to its end, and what came of it. @param to.out where its model goes on this computer. @default nowhere */
export async function finishThere(
  session: Session,
  client: ServerClient,
  to: { readonly run: string; readonly out?: string | undefined; readonly force: boolean },
): Promise<void> {
  const { environment, json } = session.context;
  const { run, out, force } = to;
  if ((await followRun(session, client, run)) === "left") {
    session.notice(leftText(session, run));
    process.exitCode = EXIT.interrupted;
    return;
  }
  const view = await client.api.runs.get.query({ run });
  if (view.error) throw deserializeError(view.error);
  if (view.state === "interrupted" || view.state === "cancelled") {
    const go = nextCommand(environment, ["runs", "resume", run]);
    session.notice(
      view.state === "cancelled" ? "The run was stopped for good." : `Stopped. Resume with: ${go}`,
    );
    process.exitCode = EXIT.interrupted;
    return;
  }
  const where = out === undefined ? undefined : await bringModel(client, run, { out, force });
  if (json) return;
  const accuracy = view.metrics ? modelAccuracy(view.metrics) : undefined;
  const took =
    view.startedAt && view.endedAt
      ? duration((Date.parse(view.endedAt) - Date.parse(view.startedAt)) / 1000)
      : "";
  const kept = view.progress?.bestEpoch;
  const lines = [
    [
      kept === undefined || kept === null ? "" : `Kept epoch ${kept}`,
      accuracy === undefined ? "" : `accuracy ${percent(accuracy)}`,
      took === "" ? "" : `${took} on ${view.backend ?? "the server"}`,
    ]
      .filter((part) => part !== "")
      .join(", "),
    where === undefined ? `Model: run ${run} on ${client.url}` : `Model: ${where}`,
  ];
  const next = [
    "Next:",
    `  ${nextCommand(environment, ["predict", run, "IMAGE"])}`,
    `  ${nextCommand(environment, ["runs", "show", run])}`,
  ];
  print(
    `\n${[await resultText(client, run), lines.join("\n"), next.join("\n")].filter((text) => text !== "").join("\n\n")}`,
  );
}

/** The held-back pictures' scores and the surest mistakes; "" for a run without a result. */
export async function resultText({ api }: ServerClient, run: string): Promise<string> {
  const result = await api.runs.result.query({ run }).catch(() => undefined);
  if (!result) return "";
  const { items } = await api.runs.pictures.query({ run, which: "mistakes", limit: NAMED_MISTAKES });
  return [`Validation: ${evaluationText(result)}`, mistakesText(items)]
    .filter((text) => text !== "")
    .join("\n\n");
}

/** Brings a run's model to a folder of this computer. @returns where it is. @throws CoreError as `writeModel` */
export async function bringModel(
  client: ServerClient,
  run: string,
  { out, force }: { readonly out: string; readonly force: boolean },
): Promise<string> {
  const folder = memoryFolder();
  for (const name of Object.values(MODEL_FILES)) {
    const isNeeded = name !== MODEL_FILES.likeness && name !== MODEL_FILES.card;
    const answer = await client.bytes(`/runs/${run}/files/model/${name}`).catch((error: unknown) => {
      if (isNeeded) throw error;
      return undefined;
    });
    if (answer) await folder.replace(name, [new Uint8Array(await answer.arrayBuffer())]);
  }
  return writeModelFolder(await readModel(folder), resolve(out), { force });
}
