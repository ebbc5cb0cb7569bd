import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { CoreError, visibleText } from "@graft/core";
import { nextCommand } from "../environment/self-command.ts";
import type { Session } from "../session/session.ts";
import type { ServerClient } from "./client.ts";
import {
  type ClassesHere,
  type DatasetPlace,
  datasetOf,
  findDataset,
  sortedOtherwise,
} from "./find-dataset.ts";
import type { FileToSend } from "./send-files.ts";
import { imported, type LocalFiles, localFiles, sendPictures, tellBroken } from "./send-pictures.ts";
import { type SplitAsked, splitThere } from "./split-there.ts";

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
  /** How it is to be split, as far as that was said; another split than it has is a new one. */
  readonly split?: SplitAsked | undefined;
}

/**
 * The server's data set for what was typed: a folder or an archive of this computer is brought there (what is there already
 * does not travel again), a known set the server brings by itself, and else it is a data set's name there.
 * @returns its id. @throws CoreError `not-found`, and what the server refuses
 */
export async function datasetThere(
  session: Session,
  client: ServerClient,
  named: DatasetNamed,
): Promise<string> {
  const known = KNOWN.find((each) => each === named.name);
  const isHere = known === undefined && existsSync(named.name);
  const { dataset, made } = isHere
    ? await bringFiles(session, client, named)
    : await findThere(session, client, { ...named, known });
  await splitThere(session, client, { dataset, asked: named.split ?? {}, isNew: made !== undefined });
  if (made !== undefined) {
    const look = nextCommand(session.context.environment, ["datasets", "show", made]);
    session.notice(`The data set "${made}" is on the server now; look at it there: ${look}`);
  }
  return dataset;
}

/** A data set there. */
interface Brought {
  readonly dataset: string;
  /** Its name, where it was made just now. */
  readonly made: string | undefined;
}

/** Classes of the pictures here, by hash: a picture that lies twice may have two. */
function classesHere({ pictures, labelOf }: LocalFiles): ClassesHere {
  if (!labelOf) return new Map(pictures.map(({ hash }) => [hash, undefined]));
  const classes = new Map<string, Set<string>>();
  for (const { path, hash } of pictures) {
    const label = labelOf(path);
    if (label !== undefined) classes.set(hash, (classes.get(hash) ?? new Set()).add(label));
  }
  return classes;
}

/** Brings what a server lacks of a folder or an archive of this computer. */
async function bringFiles(
  session: Session,
  client: ServerClient,
  { name, labelsFrom }: DatasetNamed,
): Promise<Brought> {
  const { api } = client;
  await using files = await localFiles(name, session, labelsFrom);
  const shown = basename(resolve(name)) || name;
  const here = classesHere(files);
  const place = await datasetOf(client, shown, here);
  const there = "there" in place ? place.there : undefined;
  const title = "free" in place ? place.free : place.there.name;
  const dataset = there?.id ?? (await api.datasets.create.mutate({ name: title })).dataset.id;
  if (title !== shown) session.notice(`Its data set there is "${title}"${whyNot(place, shown)}.`);
  const moved = there ? await sortedOtherwise(client, dataset, here) : new Set();
  tellMoved(
    session,
    files.pictures.filter(({ hash }) => moved.has(hash)),
  );
  const sent = files.pictures.filter(({ hash }) => !moved.has(hash));
  if (sent.length === 0) return { dataset, made: undefined };
  const sending = sendPictures(session, client, { dataset, files: sent, labelsFrom: files.labelsFrom });
  const { result } = await (there ? sending : orNothing(client, dataset, sending));
  for (const { message } of result?.notes ?? []) session.notice(`Note: ${message}`);
  if (there && result)
    await tellOthers(session, client, { dataset, name, came: result.added + result.same + moved.size });
  if (result) tellBroken(session, result.broken.first, result.broken.count);
  return { dataset, made: there ? undefined : title };
}

/** Why pictures go to a new data set, and not to the one of their own name. */
function whyNot(place: DatasetPlace, name: string): string {
  if ("there" in place) return "";
  const isSorted = place.because === "sorted otherwise";
  return `: "${name}" has ${isSorted ? "these pictures in other classes" : "other pictures"}`;
}

/** What was moved to another class there is not sent: it would be in both, and on no side of the split. */
function tellMoved(session: Session, moved: readonly FileToSend[]): void {
  const [example] = moved;
  if (!example) return;
  const what = moved.length === 1 ? "1 picture is" : `${moved.length} pictures are`;
  session.notice(
    `Note: ${what} in another class there than here, and stays there, such as ${visibleText(example.path)}.`,
  );
}

/** A data set that the server has, or a known set that it brings. */
async function findThere(
  session: Session,
  client: ServerClient,
  { name, labelsFrom, known }: DatasetNamed & { readonly known: (typeof KNOWN)[number] | undefined },
): Promise<Brought> {
  const there = await findDataset(client, name);
  if (labelsFrom !== undefined && (there || known))
    throw new CoreError("bad-input", {
      what: "`labelsFrom` is for a folder or an archive of this computer: the classes of a data set on a server are stored with it.",
      received: `labelsFrom: ${labelsFrom}`,
      fix: "Leave it out.",
    });
  // a known set that never came is brought again
  if (there && (known === undefined || there.pictures > 0)) return { dataset: there.id, made: undefined };
  if (known === undefined)
    throw new CoreError("not-found", {
      what: "There is no such data set, neither on this computer nor on the server.",
      received: name,
      expected: "a folder, an archive, emoji, cats-and-dogs, or a data set's name on the server",
    });
  const made = await client.api.datasets.create.mutate({ name, from: known });
  if (made.upload) await orNothing(client, made.dataset.id, imported(session, client, made.upload.id));
  return { dataset: made.dataset.id, made: name };
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
    // of a server that is away for now the next try goes on with it
    const isAway = error instanceof CoreError && (error.code === "offline" || error.code === "busy");
    if (!isAway) await api.datasets.delete.mutate({ dataset }).catch(() => undefined);
    throw error;
  }
}
