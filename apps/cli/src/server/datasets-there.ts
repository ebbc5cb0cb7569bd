import { CoreError } from "@graft/core";
import { nextCommand } from "../environment/self-command.ts";
import { UsageError } from "../exit/exit-codes.ts";
import { configFromFlags } from "../options/train-flags.ts";
import { print, printJson } from "../output/stdout.ts";
import { byteSize, table } from "../output/text.ts";
import type { CommandContext, Flags } from "../session/context.ts";
import { asking } from "./asking.ts";
import type { ServerClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { type DatasetThere, theDataset } from "./find-dataset.ts";
import { inPages } from "./in-pages.ts";
import { ownersOf } from "./owners-of.ts";
import { drawSplit, resplitText, splitAsked, splitText } from "./split-there.ts";

type Api = ServerClient["api"];
type WholeDataset = Awaited<ReturnType<Api["datasets"]["get"]["query"]>>;

const pictures = (count: number): string => (count === 1 ? "1 picture" : `${count} pictures`);

/** `graft datasets list` */
export const listDatasets = ({ json }: CommandContext, server: Credentials): Promise<void> =>
  asking(server, async ({ api, url }) => {
    const all = await inPages((page) => api.datasets.list.query({ ...page, limit: 100 }));
    if (json) for (const one of all) printJson(one);
    else if (all.length === 0) print(`No data sets on ${url}.`);
    else {
      const owners = await ownersOf(api);
      const head = ["data set", "pictures", "classes", "size", "split", ...(owners ? ["owner"] : []), "id"];
      const rows = all.map((one: DatasetThere) => [
        ...[one.name, String(one.pictures), String(one.classCount), byteSize(one.bytes)],
        ...[splitText(one.split), ...(owners ? [owners.get(one.owner) ?? one.owner] : []), one.id],
      ]);
      print(table([head, ...rows], { names: 1 }));
    }
  });

/** `graft datasets show DATASET` */
export const showDataset = ({ json }: CommandContext, server: Credentials, name: string): Promise<void> =>
  asking(server, async (client) => {
    const { id } = await theDataset(client, name);
    const whole = await client.api.datasets.get.query({ dataset: id });
    if (json) printJson(whole);
    else print(datasetText(whole, await ownersOf(client.api)));
  });

const PARTS = ["train", "validation", "test", "undealt", "out", "broken"] as const;
const PART_NAMES = ["train", "validation", "test", "no side yet", "left out", "broken"];

function datasetText(whole: WholeDataset, owners: ReadonlyMap<string, string> | undefined): string {
  const { classes, unsorted, notes, split, owner } = whole;
  const facts: readonly (readonly [string, string])[] = [
    ["data set", `${whole.name} (${whole.id})`],
    ["pictures", `${whole.pictures}, ${byteSize(whole.bytes)}`],
    ["split", splitText(split)],
    ...(owners ? [["owner", owners.get(owner) ?? owner] as const] : []),
    ["changed", whole.changedAt.slice(0, 16).replace("T", " ")],
    ...notes.map(({ message }) => ["note", message] as const),
  ];
  const isUnsorted = PARTS.some((part) => unsorted[part] > 0);
  const rows = [
    ...classes.map((each) => ({
      name: each.isOff ? `${each.name} (off)` : each.name,
      counts: each.pictures,
    })),
    ...(isUnsorted ? [{ name: "(no class)", counts: unsorted }] : []),
  ];
  const lines = rows.map(({ name, counts }) => [name, ...PARTS.map((part) => String(counts[part]))]);
  return [
    facts.map(([fact, value]) => `${fact.padEnd(9)} ${value}`).join("\n"),
    rows.length === 0 ? "It has no class yet." : table([["class", ...PART_NAMES], ...lines], { names: 1 }),
  ].join("\n\n");
}

/** `graft datasets rename DATASET NAME` */
export const renameDataset = (
  { environment, json }: CommandContext,
  server: Credentials,
  to: { readonly dataset: string; readonly name: string },
): Promise<void> =>
  asking(server, async (client) => {
    const { id, name } = await theDataset(client, to.dataset);
    const renamed = await client.api.datasets.rename.mutate({ dataset: id, name: to.name });
    if (json) printJson(renamed);
    // a folder finds its data set by the name, too, and would be brought to a new one
    else
      print(
        `Renamed ${name} to ${renamed.name}; commands know it by that name: ${nextCommand(environment, ["train", renamed.name])}`,
      );
  });

/** `graft datasets split DATASET`: a whole new one. */
export async function splitDataset(
  { json }: CommandContext,
  server: Credentials,
  flags: Flags,
  dataset: string,
): Promise<void> {
  const asked = splitAsked(configFromFlags(flags), flags);
  if (Object.keys(asked).length === 0)
    throw new UsageError(
      "datasets split: say how. Expected: --val-split SHARE, --seed NUMBER, --group-prefix or --no-group-prefix.",
    );
  await asking(server, async (client) => {
    const { id, name } = await theDataset(client, dataset);
    const drawn = await drawSplit(client, id, asked);
    if (json) printJson({ dataset: id, ...drawn });
    else
      print(
        [
          `${name} has a new split: ${resplitText(drawn)}`,
          ...drawn.notes.map(({ message }) => `Note: ${message}`),
        ].join("\n"),
      );
  });
}

/** What goes with a data set, for people. */
async function contentsText({ runs, searches }: Api, { id, name, ...one }: DatasetThere): Promise<string> {
  const trained = await inPages((page) => runs.list.query({ ...page, dataset: id, limit: 200 }));
  const searched = await inPages((page) => searches.list.query({ ...page, dataset: id, limit: 100 }));
  const counted = (count: number, of: string, more: string): string[] =>
    count === 0 ? [] : [count === 1 ? `1 ${of}` : `${count} ${more}`];
  const parts = [
    `${pictures(one.pictures)} (${byteSize(one.bytes)})`,
    ...counted(trained.length, "run with its model", "runs with their models"),
    ...counted(searched.length, "search", "searches"),
  ];
  const last = parts.pop();
  return `${name}: ${parts.length === 0 ? last : `${parts.join(", ")} and ${last}`}`;
}

/** `graft datasets delete DATASET…`: with all that is theirs. Files of this computer stay. */
export const deleteDatasets = (
  { json }: CommandContext,
  server: Credentials,
  asked: { readonly datasets: readonly string[]; readonly isSure: boolean },
): Promise<void> =>
  asking(server, async (client) => {
    const { api } = client;
    const found: DatasetThere[] = [];
    // one that is not there stops the command before anything is gone
    for (const name of new Set(asked.datasets)) found.push(await theDataset(client, name));
    const contents: string[] = [];
    for (const one of found) contents.push(await contentsText(api, one));
    if (!asked.isSure)
      throw new CoreError("bad-input", {
        what: `This would go for good:\n${contents.map((line) => `  ${line}`).join("\n")}\nPictures that another data set there has stay in it, and files of this computer stay.`,
        fix: "Add --yes to delete it. `graft runs follow RUN --out FOLDER` brings a model here before that.",
      });
    for (const [at, { id }] of found.entries()) {
      await api.datasets.delete.mutate({ dataset: id });
      if (json) printJson({ deleted: id });
      else print(`Deleted ${contents[at]}`);
    }
  });
