import { type AccountRow, type Caller, type DatasetRow, newId } from "@graft/api";
import { CoreError, type Dataset, type DatasetImage, deserializeError, throwIfCancelled } from "@graft/core";
import type { HomeServer } from "./open-home-server.ts";

/** Files that one call may name. */
const PLANNED = 1000;
const ASK_MS = 200;

export interface PicturesOptions {
  readonly owner: AccountRow;
  /** Told of pictures. */
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
  readonly signal: AbortSignal | undefined;
}

/** Whoever runs the server, in its owner's name. */
const callerFor = (account: AccountRow): Caller => ({
  identity: {
    account,
    token: { id: newId(), name: "import-home", role: account.role, scope: {}, endsAt: account.endsAt },
  },
  ...{ from: null, request: "import-home" },
});

/** The data set's classes by name; those that are new are made. */
async function classesOf(
  { ports: { repository } }: HomeServer,
  dataset: string,
  labels: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const known = await repository.datasets.classes(dataset);
  const names = new Set(known.map(({ name }) => name));
  const added = labels
    .filter((name) => !names.has(name))
    .map((name, at) => ({ id: newId(), dataset, name, position: known.length + at, isOff: false }));
  if (added.length > 0)
    await repository.images.add(dataset, { classes: added, images: [], parts: new Map(), at: Date.now() });
  return new Map([...known, ...added].map(({ name, id }) => [name, id]));
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Brings pictures of one class, as a client does, and waits until they are taken in. @throws CoreError as the import says */
async function bringClass(
  { services: { uploads } }: HomeServer,
  place: { readonly dataset: string; readonly class: string },
  images: readonly DatasetImage[],
  read: (image: DatasetImage) => Promise<Uint8Array>,
  { owner, signal }: PicturesOptions,
): Promise<void> {
  const caller = callerFor(owner);
  const { id } = await uploads.create(caller, { ...place, labelsFrom: null });
  const byHash = new Map(images.map((image) => [image.hash, image]));
  for (let at = 0; at < images.length; at += PLANNED) {
    const files = images.slice(at, at + PLANNED).map(({ path, hash, bytes }) => ({ path, hash, bytes }));
    for (const hash of (await uploads.plan(caller, id, files)).missing) {
      throwIfCancelled(signal);
      const image = byHash.get(hash);
      if (image) await uploads.receive(caller, id, hash, inOnePiece(await read(image)));
    }
  }
  await uploads.finish(caller, id);
  for (;;) {
    throwIfCancelled(signal);
    const { state, error } = await uploads.get(caller, id);
    if (state === "done") return;
    if (error) throw deserializeError(error);
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
}

/**
 * Brings the pictures of a data set that the store does not have yet.
 * @param dataset its row is there. @throws CoreError what keeps them from being read or taken in.
 */
export async function bringPictures(
  server: HomeServer,
  { id: dataset }: DatasetRow,
  { labels, images }: Dataset,
  read: (image: DatasetImage) => Promise<Uint8Array>,
  options: PicturesOptions,
): Promise<void> {
  const { repository } = server.ports;
  const classes = await classesOf(server, dataset, labels);
  const all = images.map(({ hash }) => hash);
  const there = new Set((await repository.images.byHashes(dataset, all)).map(({ hash }) => hash));
  let done = images.filter(({ hash }) => there.has(hash)).length;
  options.onProgress({ done, total: images.length });
  for (const [label, name] of labels.entries()) {
    const missing = images.filter((image) => image.label === label && !there.has(image.hash));
    const to = classes.get(name);
    if (missing.length === 0 || to === undefined) continue;
    await bringClass(server, { dataset, class: to }, missing, read, options);
    done += missing.length;
    options.onProgress({ done, total: images.length });
  }
}

/** Of a set that cannot be opened: why, in one sentence. */
export const whyNotThere = (error: unknown): string => {
  if (!(error instanceof CoreError)) throw error;
  return error.parts.what;
};
