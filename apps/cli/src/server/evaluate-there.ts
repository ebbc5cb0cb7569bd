import type { EvaluateJobOptions, OpenedDataset } from "@graft/core";
import { checkTypedDataset } from "../options/typed-dataset.ts";
import { printEvaluation } from "../output/print-evaluation.ts";
import { checkOutFile, placeFile } from "../places/out-path.ts";
import type { CommandContext, Flags } from "../session/context.ts";
import { Session } from "../session/session.ts";
import { atServer, ENDS_THERE } from "./at-server.ts";
import type { ServerClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { namedDataset } from "./dataset-there.ts";
import { modelJobThere } from "./model-job-there.ts";
import { modelThere } from "./model-there.ts";
import { withPictures } from "./with-pictures.ts";

type Told = Parameters<typeof printEvaluation>[1] & { readonly page: string | null };

/** How a model is scored. */
interface Scoring {
  readonly part: EvaluateJobOptions["part"];
  readonly precisionTarget: number | undefined;
  readonly splitGap: boolean;
  readonly page: boolean;
}

/**
 * `graft evaluate RUN DATASET` by a server's model. Pictures of this computer are read here, so that their classes are what the
 * command line takes them for, and asked there; the server keeps none of them. Else it is a data set of the server.
 */
export async function evaluateThere(
  context: CommandContext,
  flags: Flags,
  { server, run, dataset }: { readonly server: Credentials; readonly run: string; readonly dataset: string },
): Promise<void> {
  const report = typeof flags.report === "string" ? flags.report : undefined;
  if (report !== undefined) await checkOutFile(report, flags.force === true, "--report");
  const scoring: Scoring = {
    part: (["train", "validation", "test", "all"] as const).find((part) => part === flags.split),
    precisionTarget: typeof flags.precisionTarget === "number" ? flags.precisionTarget : undefined,
    splitGap: flags.splitGap === true,
    page: report !== undefined,
  };
  await using session = new Session(context, ENDS_THERE);
  const told = await atServer(session, server, async (client): Promise<Told> => {
    const { labels } = await modelThere(client, run);
    const id = await namedDataset(client, dataset);
    if (id !== undefined) return ofDataset(session, client, { run, dataset: id, scoring });
    checkTypedDataset(dataset);
    const opened = await session.dataset(dataset, {
      ...{ purpose: "score", knownLabels: labels },
      labelsFrom: typeof flags.labelsFrom === "string" ? flags.labelsFrom : undefined,
    });
    session.tellNotes(opened.dataset, dataset);
    return ofPictures(session, client, { run, name: dataset, opened, scoring });
  });
  if (report !== undefined) await placeFile(report, (file) => file.writeFile(told.page ?? ""), "--report");
  session.clear();
  for (const { message } of told.notes) session.notice(message);
  printEvaluation(context, told, report);
}

const doingText = ({ splitGap }: Scoring): string =>
  splitGap ? "Evaluating there, and training on other splits" : "Evaluating there";

async function ofDataset(
  session: Session,
  client: ServerClient,
  { run, dataset, scoring }: { readonly run: string; readonly dataset: string; readonly scoring: Scoring },
): Promise<Told> {
  const { modelJobs } = client.api;
  const { seenInTraining, ...view } = await modelJobThere(session, client, {
    doing: doingText(scoring),
    begin: (key, waits) => modelJobs.evaluate.mutate({ run, dataset, ...scoring, key }, waits),
    tell: (job, waits) => modelJobs.evaluation.query({ job }, waits),
  });
  return { ...view, seenInTraining: seenInTraining.map(({ path }) => path) };
}

async function ofPictures(
  session: Session,
  client: ServerClient,
  asked: {
    readonly run: string;
    readonly name: string;
    readonly opened: OpenedDataset;
    readonly scoring: Scoring;
  },
): Promise<Told> {
  const { run, name, opened, scoring } = asked;
  const { images, labels } = opened.dataset;
  return withPictures(session, client, { run, images, read: opened.read }, async (upload) => {
    const pictures = images.map(({ path, label, part, facts }) => {
      const { format, width, height, perceptualHash } = facts;
      return { path, label, ...(part && { part }), facts: { format, width, height, perceptualHash } };
    });
    const { modelJobs } = client.api;
    const asked = { run, upload, name, labels: [...labels], pictures, ...scoring };
    return modelJobThere(session, client, {
      doing: doingText(scoring),
      begin: (key, waits) => modelJobs.evaluateUpload.mutate({ ...asked, key }, waits),
      tell: (job, waits) => modelJobs.sentEvaluation.query({ job }, waits),
    });
  });
}
