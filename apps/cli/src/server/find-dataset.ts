import { CoreError } from "@graft/core";
import { asCoreError, type ServerClient } from "./client.ts";

export type DatasetThere = Awaited<
  ReturnType<ServerClient["api"]["datasets"]["list"]["query"]>
>["items"][number];

/** Of a data set's pictures, so many are looked at for one that is here, too. */
const LOOKED_AT = 1000;
const PAGE = 500;

/** The caller's own data sets, changed last first: an admin, who sees everybody's, writes into nobody's by its name. */
async function* datasets({ api }: ServerClient): AsyncGenerator<DatasetThere> {
  const { account: owner } = await api.system.me.query();
  let after: string | undefined;
  do {
    const given = { owner, limit: 100, ...(after === undefined ? {} : { after }) };
    const page = await api.datasets.list.query(given);
    yield* page.items;
    after = page.next ?? undefined;
  } while (after !== undefined);
}

/**
 * The caller's own data set of a name, the one that was changed last where several have it; or any that the caller may see by
 * its id.
 */
export async function findDataset(
  client: ServerClient,
  name: string,
): Promise<Pick<DatasetThere, "id" | "pictures"> | undefined> {
  for await (const one of datasets(client)) if (one.name === name) return one;
  return client.api.datasets.get.query({ dataset: name }).catch((error: unknown) => {
    const told = asCoreError(error, client.url);
    // a name may be what no id can be
    if (told instanceof CoreError && ["not-found", "bad-input"].includes(told.code)) return undefined;
    throw told;
  });
}

async function hasOneOf(
  { api }: ServerClient,
  dataset: string,
  hashes: ReadonlySet<string>,
): Promise<boolean> {
  let after: string | undefined;
  for (let seen = 0; seen < LOOKED_AT; seen += PAGE) {
    const given = { dataset, limit: PAGE, ...(after === undefined ? {} : { after }) };
    const { items, next } = await api.images.list.query(given);
    if (items.some(({ hash }) => hashes.has(hash))) return true;
    if (next === null) return false;
    after = next;
  }
  return false;
}

/**
 * Where a folder's pictures go: to the data set of its name that has one of them or none at all, else to a new one. Folders of
 * one name are many ("photos"), and pictures of two of them are not to be mixed.
 * @param hashes of the folder's files; undefined: what is in it shows only there, and the name decides.
 * @returns the data set; or the name for a new one: "photos", "photos 2", ….
 */
export async function datasetOf(
  client: ServerClient,
  name: string,
  hashes: ReadonlySet<string> | undefined,
): Promise<{ readonly there: DatasetThere } | { readonly free: string }> {
  const taken = new Set<string>();
  for await (const one of datasets(client)) {
    const isNumbered = one.name.startsWith(`${name} `) && /^\d+$/.test(one.name.slice(name.length + 1));
    if (one.name !== name && !isNumbered) continue;
    const isIt = hashes ? one.pictures === 0 || (await hasOneOf(client, one.id, hashes)) : one.name === name;
    if (isIt) return { there: one };
    taken.add(one.name);
  }
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name} ${number}`;
  return { free };
}
