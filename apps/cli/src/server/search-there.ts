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
  const given = pick(optionsFromFlags(flags), SWEEP_KEYS);
  const view = await search(context, { ...asked, labelsFrom: config.labelsFrom }, ({ searches }, dataset) =>
    searches.sweep.mutate({ dataset, config: given, axes }),
  );
  if (view?.sweep)
    tellSweep(context, flags, {
      ...{ dataset: asked.dataset, result: sweepOfPlain(view.sweep), seeds: seeds.length },
    });
}

/** `graft lr-find DATASET` on a server. */
export async function findRateThere(context: CommandContext, flags: Flags, asked: Asked): Promise<void> {
  const config = configFromFlags(flags);
  const given = pick(optionsFromFlags(flags), RATE_KEYS);
  const view = await search(context, { ...asked, labelsFrom: config.labelsFrom }, ({ searches }, dataset) =>
    searches.findRate.mutate({ dataset, config: given }),
  );
  if (view?.rate) tellRate(context, { dataset: asked.dataset, config, found: view.rate });
}

function pick(options: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  // the classes of a data set on a server are stored with it
  const known = keys.filter((key) => key !== "labelsFrom" && options[key] !== undefined);
  return Object.fromEntries(known.map((key) => [key, options[key]]));
}

/** Has a search done there and waits for it. @returns undefined when it was left going. @throws CoreError why it failed. */
async function search(
  context: CommandContext,
  { server, dataset: name, labelsFrom }: Asked & { readonly labelsFrom: string | undefined },
  begin: (api: Api, dataset: string) => Promise<SearchThere>,
): Promise<SearchThere | undefined> {
  checkTypedDataset(name);
  await using session = new Session(context, GOES_ON);
  const client = connect(server);
  try {
    const dataset = await datasetThere(session, client, { name, labelsFrom });
    const { id } = await begin(client.api, dataset);
    session.notice(`Search ${id} of ${name} on ${server.url}`);
    return await finishSearch(session, client, id);
  } catch (error) {
    throw asCoreError(error, server.url);
  }
}

/** Shows a search to its end. @returns undefined when it was left going. @throws CoreError why it failed. */
export async function finishSearch(
  session: Session,
  client: ServerClient,
  id: string,
): Promise<SearchThere | undefined> {
  if ((await followSearch(session, client, id)) === "left") {
    const { environment } = session.context;
    const command = (what: string): string => nextCommand(environment, ["searches", what, id]);
    session.notice(`It goes on. Look again: ${command("follow")}; stop it: ${command("cancel")}`);
    process.exitCode = EXIT.interrupted;
    return undefined;
  }
  const view = await client.api.searches.get.query({ search: id });
  if (view.error) throw deserializeError(view.error);
  if (view.state === "cancelled") throw new CoreError("cancelled", { what: "The search was stopped." });
  return view;
}
