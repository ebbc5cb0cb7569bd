import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { CoreError, nameFew, type TrainConfig } from "@graft/core";
import type { Session } from "../session/session.ts";
import type { ServerClient } from "./client.ts";
import { datasetOf, findDataset } from "./find-dataset.ts";
import { imported, localFiles, sendPictures } from "./send-pictures.ts";

/** Sets that a server brings by itself. */
const KNOWN = ["emoji", "cats-and-dogs"] as const;

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
    const files = await localFiles(name, session);
    const shown = basename(resolve(name)) || name;
    const hashes = new Set(files.pictures.map(({ hash }) => hash));
    const found = await datasetOf(client, shown, files.isFolder ? hashes : undefined);
    const there = "there" in found ? found.there : undefined;
    const title = "free" in found ? found.free : found.there.name;
    const dataset = there?.id ?? (await api.datasets.create.mutate({ name: title })).dataset.id;
    if (title !== shown) session.notice(`Its data set there is "${title}": "${shown}" has other pictures.`);
    const sending = sendPictures(session, client, {
      ...{ dataset, files: files.pictures },
      ...(from ? { labelsFrom: from } : {}),
    });
    const { result } = await (there ? sending : orNothing(client, dataset, sending));
    if (!there) await splitAnew(client, dataset, split);
    for (const { message } of result?.notes ?? []) session.notice(`Note: ${message}`);
    if (there && result)
      await tellOthers(session, client, { dataset, name, came: result.added + result.same });
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

/** Says what else is in a data set: what was deleted here since is there still. */
async function tellOthers(
  session: Session,
  { api }: ServerClient,
  { dataset, name, came }: { readonly dataset: string; readonly name: string; readonly came: number },
): Promise<void> {
  const { pictures } = await api.datasets.get.query({ dataset });
  const others = pictures - came;
  if (others <= 0) return;
  const what = others === 1 ? "1 picture that is" : `${others} pictures that are`;
  session.notice(
    `Note: the data set there has ${what} not in ${name}; leave out there what is not to count.`,
  );
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
