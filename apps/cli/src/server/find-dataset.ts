import { CoreError } from "@graft/core";
import { asCoreError, type ServerClient } from "./client.ts";
import { pagesOf } from "./in-pages.ts";

export type DatasetThere = Awaited<
  ReturnType<ServerClient["api"]["datasets"]["list"]["query"]>
>["items"][number];

/** Of a data set's pictures, so many are looked at for one that is here, too. */
const LOOKED_AT = 1000;
const PAGE = 500;

/** The caller's own data sets, changed last first: an admin, who sees everybody's, writes into nobody's by its name. */
async function* ownDatasets({ api }: ServerClient): AsyncGenerator<DatasetThere> {
  const { account: owner } = await api.system.me.query();
  for await (const items of pagesOf((from) => api.datasets.list.query({ owner, limit: 100, ...from })))
    yield* items;
}

/**
 * The caller's own data set of a name, the one that was changed last where several have it; or any that the caller may see by
 * its id.
 */
export async function findDataset(client: ServerClient, name: string): Promise<DatasetThere | undefined> {
  for await (const one of ownDatasets(client)) if (one.name === name) return one;
  return client.api.datasets.get.query({ dataset: name }).catch((error: unknown) => {
    const told = asCoreError(error, client.url);
    // a name may be what no id can be
    if (told instanceof CoreError && ["not-found", "bad-input"].includes(told.code)) return undefined;
    throw told;
  });
}

/**
 * The one data set that a name or an id means, for what is done to it.
 * @throws CoreError `not-found`; `conflict` for a name that several of the caller's have.
 */
export async function theDataset(client: ServerClient, name: string): Promise<DatasetThere> {
  const named: DatasetThere[] = [];
  for await (const one of ownDatasets(client)) if (one.name === name) named.push(one);
  const [only, ...others] = named;
  if (others.length > 0)
    throw new CoreError("conflict", {
      what: `${named.length} data sets there are called ${name}.`,
      expected: named.map(({ id, pictures }) => `${id} (${pictures} pictures)`).join(", "),
      fix: "Give the id of the one that you mean.",
    });
  const found = only ?? (await findDataset(client, name));
  if (found) return found;
  throw new CoreError("not-found", {
    what: "There is no such data set on the server.",
    received: name,
    fix: "`graft datasets list` shows which there are.",
  });
}

/** Classes of pictures of this computer, by hash; undefined: nobody can tell before they are read in. */
export type ClassesHere = ReadonlyMap<string, ReadonlySet<string> | undefined>;

/** Pictures of a data set there that are here, too, and whether they are in a class that they have here. */
async function* sharedPictures(
  { api }: ServerClient,
  dataset: string,
  here: ClassesHere,
): AsyncGenerator<{ readonly seen: number; readonly both: ReadonlyMap<string, boolean> }> {
  const { classes } = await api.datasets.get.query({ dataset });
  const nameOf = new Map(classes.map(({ id, name }) => [id, name]));
  let seen = 0;
  for await (const items of pagesOf((from) => api.images.list.query({ dataset, limit: PAGE, ...from }))) {
    const both = new Map<string, boolean>();
    for (const { hash, class: of } of items) {
      if (!here.has(hash)) continue;
      const labels = here.get(hash);
      const isSame = of === null || labels === undefined || labels.has(nameOf.get(of) ?? "");
      both.set(hash, isSame || both.get(hash) === true);
    }
    seen += items.length;
    yield { seen, both };
  }
}

/** What a data set there has of pictures of this computer: one in the class that it has here, one in another, or none. */
async function shared(
  client: ServerClient,
  dataset: string,
  here: ClassesHere,
): Promise<"same" | "sorted otherwise" | "none"> {
  let found: "sorted otherwise" | "none" = "none";
  for await (const { seen, both } of sharedPictures(client, dataset, here)) {
    if ([...both.values()].includes(true)) return "same";
    if (both.size > 0) found = "sorted otherwise";
    if (seen >= LOOKED_AT) break;
  }
  return found;
}

/** Hashes of pictures that a data set there has, and in none of the classes that they have here: somebody moved them. */
export async function sortedOtherwise(
  client: ServerClient,
  dataset: string,
  here: ClassesHere,
): Promise<ReadonlySet<string>> {
  const isSame = new Map<string, boolean>();
  for await (const { both } of sharedPictures(client, dataset, here))
    for (const [hash, same] of both) isSame.set(hash, same || isSame.get(hash) === true);
  return new Set([...isSame].flatMap(([hash, same]) => (same ? [] : [hash])));
}

/** Where pictures go: to a data set that is there, or to a new one of a name that is free, and why not to one of their own name. */
export type DatasetPlace =
  | { readonly there: DatasetThere }
  | { readonly free: string; readonly because: "sorted otherwise" | "none" };

/**
 * Where the pictures of a folder or an archive go: to the data set of its name that has one of them in the class that it has
 * here, or no picture at all, else to a new one. Folders of one name are many ("photos"), and pictures of two of them, or two
 * ways to sort them, are not to be mixed.
 * @returns the data set; or the name for a new one: "photos", "photos 2", ….
 */
export async function datasetOf(
  client: ServerClient,
  name: string,
  here: ClassesHere,
): Promise<DatasetPlace> {
  const taken = new Set<string>();
  let because: "sorted otherwise" | "none" = "none";
  for await (const one of ownDatasets(client)) {
    const isNumbered = one.name.startsWith(`${name} `) && /^\d+$/.test(one.name.slice(name.length + 1));
    if (one.name !== name && !isNumbered) continue;
    const has = one.pictures === 0 ? "same" : await shared(client, one.id, here);
    if (has === "same") return { there: one };
    if (has === "sorted otherwise") because = has;
    taken.add(one.name);
  }
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name} ${number}`;
  return { free, because };
}
