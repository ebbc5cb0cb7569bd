import { sweepOfPlain } from "@graft/core";
import { nextCommand } from "../environment/self-command.ts";
import { UsageError } from "../exit/exit-codes.ts";
import { featuresPlace } from "../export/features-place.ts";
import { print, printJson } from "../output/stdout.ts";
import { rateText, sweepText } from "../output/sweep-text.ts";
import { percent, table } from "../output/text.ts";
import type { CommandContext, Flags } from "../session/context.ts";
import { Session } from "../session/session.ts";
import { asking } from "./asking.ts";
import type { ServerClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { datasetNames } from "./dataset-names.ts";
import { bringFeatures } from "./features-there.ts";
import { GOES_ON } from "./follow-there.ts";
import { inPages } from "./in-pages.ts";
import { finishSearch, type SearchThere } from "./search-there.ts";
import { waitingWords } from "./waiting-text.ts";

type Line = Awaited<ReturnType<ServerClient["api"]["searches"]["list"]["query"]>>["items"][number];

/** `graft searches list` */
export const listSearches = ({ json }: CommandContext, server: Credentials): Promise<void> =>
  asking(server, async ({ api, url }) => {
    const lines = await inPages((page) => api.searches.list.query({ ...page, limit: 200 }));
    if (json) for (const line of lines) printJson(line);
    else if (lines.length === 0) print(`No searches on ${url}.`);
    else {
      const names = await datasetNames(api, lines);
      print(
        table([
          ["search", "kind", "state", "data set", "made"],
          ...lines.map(({ id, kind, dataset, createdAt, ...line }) => [
            ...[id, kind, stateText(line)],
            ...[names.get(dataset) ?? dataset, createdAt.slice(0, 16).replace("T", " ")],
          ]),
        ]),
      );
    }
  });

function stateText({
  state,
  progress,
  place,
  waiting,
}: Pick<Line, "state" | "progress" | "place" | "waiting">) {
  if (waiting) return `${state}, ${waitingWords(waiting, place)}`;
  return progress ? `${state}, ${percent(progress.done / progress.total)}` : state;
}

/** `graft searches follow SEARCH`: what it found, when it is done; features as files, where `--out` says so. */
export async function followSearchThere(
  context: CommandContext,
  server: Credentials,
  flags: Flags,
  search: string,
): Promise<void> {
  const place = flags.out === undefined ? undefined : await featuresPlace(flags);
  await using session = new Session(context, GOES_ON);
  await asking(server, async (client) => {
    const { environment, json } = context;
    const { kind } = await client.api.searches.get.query({ search });
    if (place && kind !== "features")
      throw new UsageError(`--out: features are brought as files, and this is a ${kind}. Leave it out.`);
    const view = await finishSearch(session, client, search, place ? ["--out", place.out] : []);
    if (!view) return;
    if (view.features) {
      if (place) await bringFeatures(session, client, { view, place });
      else tellComputed(context, search, view.features);
      return;
    }
    const { sweep, rate, axes } = view;
    const result = sweep && sweepOfPlain(sweep);
    if (json) printJson(result ?? rate);
    else
      print(
        [
          result ? sweepText(result, axes?.seeds.length ?? 1) : "",
          rate ? rateText(rate, environment.columns) : "",
          `Train with it: ${nextCommand(environment, ["searches", "train", search])}`,
        ]
          .filter((text) => text !== "")
          .join("\n\n"),
      );
  });
}

/** Features lie there until they are wanted here. */
function tellComputed(
  { environment, json }: CommandContext,
  search: string,
  features: NonNullable<SearchThere["features"]>,
): void {
  if (json) printJson(features);
  else {
    const bring = nextCommand(environment, ["searches", "follow", search, "--out", "features.npy"]);
    print(
      `Features: float32 [${features.shape.join(", ")}], computed on ${features.backend}\n\nBring them: ${bring}`,
    );
  }
}

/** `graft searches train SEARCH`: a run with what it found. */
export const trainFound = (
  { environment, json }: CommandContext,
  server: Credentials,
  search: string,
): Promise<void> =>
  asking(server, async ({ api }) => {
    const run = await api.searches.train.mutate({ search });
    if (json) printJson(run);
    else
      print(
        `Run ${run.number}: ${run.id}\nLook at it: ${nextCommand(environment, ["runs", "follow", run.id])}`,
      );
  });

/** `graft searches cancel SEARCH…` and `graft searches delete SEARCH…` */
export const endSearches = (
  { json }: CommandContext,
  server: Credentials,
  { searches, how }: { readonly searches: readonly string[]; readonly how: "cancel" | "remove" },
): Promise<void> =>
  asking(server, async ({ api }) => {
    for (const search of searches) {
      const answer = await api.searches[how].mutate({ search });
      if (json) printJson(answer);
      else print(how === "cancel" ? `Stopped ${search}` : `Deleted ${search}`);
    }
  });
