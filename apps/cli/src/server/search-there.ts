import { CoreError, deserializeError, sweepOfPlain } from "@graft/core";
import { tellRate } from "../commands/lr-find/tell-rate.ts";
import { sweepAxes } from "../commands/sweep/sweep-axes.ts";
import { tellSweep } from "../commands/sweep/tell-sweep.ts";
import { nextCommand } from "../environment/self-command.ts";
import { EXIT } from "../exit/exit-codes.ts";
import { configFromFlags, optionsFromFlags, RATE_KEYS, SWEEP_KEYS } from "../options/train-flags.ts";
import { checkTypedDataset } from "../options/typed-dataset.ts";
import type { CommandContext, Flags } from "../session/context.ts";
import { Session } from "../session/session.ts";
import { asCoreError, connect, type ServerClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { datasetThere } from "./dataset-there.ts";
import { followSearch } from "./follow-search.ts";
import { GOES_ON } from "./follow-there.ts";
import { type SplitAsked, splitAsked } from "./split-there.ts";

type Api = ServerClient["api"];
export type SearchThere = Awaited<ReturnType<Api["searches"]["get"]["query"]>>;

interface Asked {
  readonly server: Credentials;
  readonly dataset: string;
}

/** `graft sweep DATASET` on a server, which has the pictures or gets those that it lacks. */
export async function sweepThere(context: CommandContext, flags: Flags, asked: Asked): Promise<void> {
  const config = configFromFlags({ ...flags, recipe: "gap" });
  const { recipes, sizes, cuts, learningRates, seeds } = sweepAxes(flags, config.seed);
  const axes = {
    ...{ recipes: [...recipes], sizes: [...sizes], cuts: [...cuts] },
    ...{ learningRates: [...learningRates], seeds: seeds.length },
  };
  // what is left out is each recipe's own
  const given = pickOptions(optionsFromFlags(flags), SWEEP_KEYS);
  await search(context, {
    ...{ ...asked, labelsFrom: config.labelsFrom, split: splitAsked(config, flags) },
    begin: ({ searches }, dataset) => searches.sweep.mutate({ dataset, config: given, axes }),
    async finish(_session, _client, { sweep }) {
      if (!sweep) throw new TypeError("a sweep that is completed has found something");
      const result = sweepOfPlain(sweep);
      tellSweep(context, flags, { dataset: asked.dataset, result, seeds: seeds.length });
    },
  });
}

/** `graft lr-find DATASET` on a server. */
export async function findRateThere(context: CommandContext, flags: Flags, asked: Asked): Promise<void> {
  const config = configFromFlags(flags);
  const given = pickOptions(optionsFromFlags(flags), RATE_KEYS);
  await search(context, {
    ...{ ...asked, labelsFrom: config.labelsFrom, split: splitAsked(config, flags) },
    begin: ({ searches }, dataset) => searches.findRate.mutate({ dataset, config: given }),
    async finish(_session, _client, { rate }) {
      if (!rate) throw new TypeError("a test of learning rates that is completed has found one");
      tellRate(context, { dataset: asked.dataset, config, found: rate });
    },
  });
}

/** Options that were typed, of those that a server hears. */
export function pickOptions(
  options: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): Record<string, unknown> {
  // the classes of a data set on a server are stored with it
  const known = keys.filter((key) => key !== "labelsFrom" && options[key] !== undefined);
  return Object.fromEntries(known.map((key) => [key, options[key]]));
}

/** A search that a server is to do. */
interface NewSearch extends Asked {
  readonly labelsFrom: string | undefined;
  /** @default as the data set is split */
  readonly split?: SplitAsked;
  /** What `graft searches follow` is to be given by who left it going. @default nothing */
  readonly followFlags?: readonly string[];
  readonly begin: (api: Api, dataset: string) => Promise<SearchThere>;
  /** Called with what it found, unless it was left going. */
  readonly finish: (session: Session, client: ServerClient, found: SearchThere) => Promise<void>;
}

/** Has a search done there, and waits for it. @throws CoreError why it failed. */
export async function search(context: CommandContext, asked: NewSearch): Promise<void> {
  const { server, dataset: name, labelsFrom, split, followFlags, begin, finish } = asked;
  checkTypedDataset(name);
  await using session = new Session(context, GOES_ON);
  const client = connect(server);
  try {
    const dataset = await datasetThere(session, client, { name, labelsFrom, split });
    const { id } = await begin(client.api, dataset);
    session.notice(`Search ${id} of ${name} on ${server.url}`);
    const found = await finishSearch(session, client, id, followFlags);
    if (found) await finish(session, client, found);
  } catch (error) {
    throw asCoreError(error, server.url);
  }
}

/** Shows a search to its end. @returns undefined when it was left going. @throws CoreError why it failed. */
export async function finishSearch(
  session: Session,
  client: ServerClient,
  id: string,
  followFlags: readonly string[] = [],
): Promise<SearchThere | undefined> {
  if ((await followSearch(session, client, id)) === "left") {
    const { environment } = session.context;
    const command = (what: string, ...flags: readonly string[]): string =>
      nextCommand(environment, ["searches", what, id, ...flags]);
    session.notice(
      `It goes on. Look again: ${command("follow", ...followFlags)}; stop it: ${command("cancel")}`,
    );
    process.exitCode = EXIT.interrupted;
    return undefined;
  }
  const view = await client.api.searches.get.query({ search: id });
  if (view.error) throw deserializeError(view.error);
  if (view.state === "cancelled") throw new CoreError("cancelled", { what: "The search was stopped." });
  return view;
}
