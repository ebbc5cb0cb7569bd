import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { CoreError, nameFew, type TrainConfig } from "@graft/core";
import type { Session } from "../session/session.ts";
import type { ServerClient } from "./client.ts";
import { imported, sendPictures } from "./send-pictures.ts";

/** Sets that a server brings by itself. */
const KNOWN = ["emoji", "cats-and-dogs"] as const;

type Dataset = Awaited<ReturnType<ServerClient["api"]["datasets"]["list"]["query"]>>["items"][number];

/** The caller's data set of a name or an id; the one that was changed last, where several have it. */
async function findDataset({ api }: ServerClient, name: string): Promise<Dataset | undefined> {
  let after: string | undefined;
  do {
    const page = await api.datasets.list.query({ limit: 100, ...(after === undefined ? {} : { after }) });
    const found = page.items.find((one) => one.name === name || one.id === name);
    if (found) return found;
    after = page.next ?? undefined;
  } while (after !== undefined);
  return undefined;
}

/**
 * The server's data set that a name means: one that it has, where neither a folder, an archive nor the embedded set of this
 * computer goes by that name.
 * @returns its id; undefined: it is to be found on this computer.
 */
export async function namedDataset(client: ServerClient, name: string): Promise<string | undefined> {
  if (name === "emoji" || existsSync(name)) return undefined;
  return (await findDataset(client, name))?.id;
}

/** What was typed of a data set. */
interface DatasetNamed {
  readonly name: string;
  readonly labelsFrom?: string | undefined;
  /** How one that is new there is split, where that was said; what is there already keeps its split. */
  readonly split?: SplitAsked | undefined;
}

export type SplitAsked = Pick<Partial<TrainConfig>, "seed" | "valSplit" | "groupPrefix">;

async function splitAnew(
  { api }: ServerClient,
  dataset: string,
  { seed, valSplit: fraction, groupPrefix }: SplitAsked = {},
): Promise<void> {
  if (seed === undefined && fraction === undefined && groupPrefix === undefined) return;
  // folders of train and validation decide, here as there
  if ((await api.datasets.get.query({ dataset })).split.kind !== "drawn") return;
  await api.datasets.resplit.mutate({
    dataset,
    ...(seed === undefined ? {} : { seed }),
    ...(fraction === undefined ? {} : { fraction }),
    ...(groupPrefix === undefined ? {} : { groupPrefix }),
  });
}

const LABEL_SOURCES = ["folders", "inner-folders", "names"] as const;

/**
 * The server's data set for what was typed: a folder or an archive of this computer is brought there (what is there already
 * does not travel again), a known set the server brings by itself, and else it is a data set's name there.
 * @returns its id. @throws CoreError `not-found`, and what the server refuses
 */
export async function datasetThere(
  session: Session,
  client: ServerClient,
  { name, labelsFrom, split }: DatasetNamed,
): Promise<string> {
  const { api } = client;
  const known = KNOWN.find((each) => each === name);
  if (known === undefined && existsSync(name)) {
    const from = LABEL_SOURCES.find((each) => each === labelsFrom);
    if (labelsFrom !== undefined && from === undefined)
      throw new CoreError("unsupported", {
        what: "A server reads labels from folders and names alone.",
        received: `labelsFrom: ${labelsFrom}`,
        fix: "Leave `labelsFrom` out: a table that lies beside the pictures is found by itself.",
      });
    const shown = basename(resolve(name)) || name;
    const there = await findDataset(client, shown);
    const dataset = there?.id ?? (await api.datasets.create.mutate({ name: shown })).dataset.id;
    const sending = sendPictures(session, client, { dataset, name, ...(from ? { labelsFrom: from } : {}) });
    const { result } = await (there ? sending : orNothing(client, dataset, sending));
    if (!there) await splitAnew(client, dataset, split);
    for (const { message } of result?.notes ?? []) session.notice(`Note: ${message}`);
    if (result && result.broken.count > 0) {
      const named = nameFew(result.broken.first.map(({ path, reason }) => `${path} (${reason})`));
      session.notice(`Note: ${result.broken.count} files cannot be read and are left out: ${named}`);
    }
    return dataset;
  }
  const there = await findDataset(client, name);
  // a known set that never came is brought again
  if (there && (known === undefined || there.pictures > 0)) return there.id;
  if (known === undefined)
    throw new CoreError("not-found", {
      what: "There is no such data set, neither on this computer nor on the server.",
      received: name,
      expected: "a folder, an archive, emoji, cats-and-dogs, or a data set's name on the server",
    });
  const made = await api.datasets.create.mutate({ name, from: known });
  if (made.upload) await orNothing(client, made.dataset.id, imported(session, client, made.upload.id));
  await splitAnew(client, made.dataset.id, split);
  return made.dataset.id;
}

/** A data set that was made for pictures which do not come goes again. @throws what keeps them from coming */
async function orNothing<T>({ api }: ServerClient, dataset: string, coming: Promise<T>): Promise<T> {
  try {
    return await coming;
  } catch (error) {
    await api.datasets.delete.mutate({ dataset }).catch(() => undefined);
    throw error;
  }
}
