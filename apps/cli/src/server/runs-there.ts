import { modelAccuracy } from "@graft/core";
import { finishedEpochs } from "../output/finished-epochs.ts";
import { print, printJson } from "../output/stdout.ts";
import { percent, table } from "../output/text.ts";
import type { CommandContext } from "../session/context.ts";
import { Session } from "../session/session.ts";
import { curvesText } from "../training/train-summary.ts";
import { asking } from "./asking.ts";
import type { ServerClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { datasetNames } from "./dataset-names.ts";
import { GOES_ON } from "./follow-there.ts";
import { inPages } from "./in-pages.ts";
import { ownersOf } from "./owners-of.ts";
import { finishThere, resultText } from "./train-there.ts";
import { waitingText, waitingWords } from "./waiting-text.ts";

type Api = ServerClient["api"];
type RunLine = Awaited<ReturnType<Api["runs"]["list"]["query"]>>["items"][number];

/** `graft runs list` */
export const listThere = ({ json }: CommandContext, server: Credentials): Promise<void> =>
  asking(server, async ({ api, url }) => {
    const rows = await inPages((page) => api.runs.list.query({ ...page, limit: 200 }));
    if (json) for (const row of rows) printJson(row);
    else print(rows.length === 0 ? `No runs on ${url}.` : await listText(api, rows));
  });

async function listText(api: Api, rows: readonly RunLine[]): Promise<string> {
  const names = await datasetNames(api, rows);
  const owners = await ownersOf(api);
  const lines = rows.map((row) => {
    const { id, number, state, place, waiting, dataset, config, metrics, createdAt, owner } = row;
    const accuracy = metrics ? modelAccuracy(metrics) : undefined;
    return [
      ...[
        id,
        waiting ? `${state}, ${waitingWords(waiting, place)}` : state,
        names.get(dataset) ?? dataset,
        String(number),
        config.recipe,
      ],
      accuracy === undefined ? "-" : percent(accuracy),
      createdAt.slice(0, 16).replace("T", " "),
      ...(owners ? [owners.get(owner) ?? owner] : []),
    ];
  });
  const head = ["run", "state", "data set", "number", "recipe", "validation", "made"];
  return table([owners ? [...head, "owner"] : head, ...lines]);
}

/** `graft runs show RUN` */
export const showThere = (
  { environment, json }: CommandContext,
  server: Credentials,
  run: string,
): Promise<void> =>
  asking(server, async (client) => {
    const view = await client.api.runs.get.query({ run });
    const events = await allEvents(client, run);
    if (json) {
      printJson({ ...view, epochEnds: finishedEpochs(events) });
      return;
    }
    const { state, place, waiting, config, images, backend, worker, notes, error } = view;
    const { url } = client;
    const cancel = ["runs", "cancel", run];
    const facts: readonly (readonly [string, string])[] = [
      ["run", `${run} (${state}${place === null ? "" : `, ${place}. in line`})`],
      ["images", `${images.train} to train on, ${images.validation} to validate, ${images.test} to test`],
      ...(waiting ? [["waits", waitingText(waiting, { environment, url, place, cancel })] as const] : []),
      [
        "backend",
        backend ?? (config.backend === undefined ? "not chosen yet" : `${config.backend}, once it begins`),
      ],
      ...(worker === null ? [] : [["worker", worker] as const]),
      ...notes.map(({ message }) => ["note", message] as const),
      ...(error ? [["error", error.message] as const] : []),
    ];
    const texts = [
      facts.map(([name, value]) => `${name.padEnd(9)} ${value}`).join("\n"),
      ...[curvesText(events, environment.columns), await resultText(client, run)],
    ];
    print(texts.filter((text) => text !== "").join("\n\n"));
  });

async function allEvents({ api }: ServerClient, run: string) {
  const all: Awaited<ReturnType<typeof api.runs.log.query>>["items"] = [];
  for (;;) {
    const { items } = await api.runs.log.query({ run, after: all.at(-1)?.seq ?? -1, limit: 1000 });
    if (items.length === 0) return all;
    all.push(...items);
  }
}

/** `graft runs resume RUN` and `graft runs follow RUN` */
export async function followThere(
  context: CommandContext,
  server: Credentials,
  ask: {
    readonly run: string;
    readonly resume: boolean;
    readonly out?: string | undefined;
    readonly force?: boolean;
  },
): Promise<void> {
  await using session = new Session(context, GOES_ON);
  await asking(server, async (client) => {
    if (ask.resume) await client.api.runs.resume.mutate({ run: ask.run });
    // a server that is not there, and a run that is none, are told at once; a stream would be tried again and again
    else await client.api.runs.get.query({ run: ask.run });
    await finishThere(session, client, { run: ask.run, out: ask.out, force: ask.force === true });
  });
}

/** `graft runs stop RUN…`: they can be gone on with; `graft runs cancel RUN…`: they cannot. */
export const stopThere = (
  { json }: CommandContext,
  server: Credentials,
  { runs, how }: { readonly runs: readonly string[]; readonly how: "stop" | "cancel" },
): Promise<void> =>
  asking(server, async ({ api }) => {
    for (const run of runs) {
      const view = await api.runs[how].mutate({ run });
      if (json) printJson(view);
      else
        print(
          how === "stop" ? `Stopping ${run} at its next step; it can be resumed` : `Stopping ${run} for good`,
        );
    }
  });

/** `graft runs delete RUN…` */
export const removeThere = (
  { json }: CommandContext,
  server: Credentials,
  runs: readonly string[],
): Promise<void> =>
  asking(server, async ({ api }) => {
    for (const run of runs) await api.runs.get.query({ run });
    for (const run of runs) {
      await api.runs.remove.mutate({ run });
      if (json) printJson({ deleted: run });
      else print(`Deleted ${run}`);
    }
  });
