import { existsSync } from "node:fs";
import { type AccountRow, type DatasetRow, idOf } from "@graft/api";
import { checkInt8, selectBackend } from "@graft/backend-select";
import { CoreError, type OpenedDataset, throwIfCancelled } from "@graft/core";
import { NodeWorkspace, openRunStore } from "@graft/core/node";
import type { StorePlace } from "../serve/store-place.ts";
import { bringPictures, whyNotThere } from "./bring-pictures.ts";
import { bringRun, isBrought } from "./bring-run.ts";
import { datasetOfRun, type HomeRun, readHomeRun } from "./home-run.ts";
import { type HomeServer, openHomeServer } from "./open-home-server.ts";

export interface ImportHomeOptions {
  /** The home whose runs are taken in. @default the server's own */
  readonly from?: string | undefined;
  /** Name of the account that they are to be of. @default the first admin */
  readonly owner?: string | undefined;
  /** graft's. */
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress?: (progress: {
    readonly what: string;
    readonly done: number;
    readonly total: number;
  }) => void;
  readonly signal?: AbortSignal | undefined;
}

/** What came of one run of the home. */
export interface ImportedRun {
  /** In the home. */
  readonly id: string;
  /** new: it was taken in; there: it was there already; skipped: it was not, `reason` says why. */
  readonly outcome: "new" | "there" | "skipped";
  readonly reason?: string;
  /** On the server. */
  readonly run?: string;
  readonly dataset?: string;
  readonly hasModel?: boolean;
  /** Pictures of it that are not on the server, and of how many. */
  readonly missingPictures?: { readonly count: number; readonly of: number };
}

async function ownerOf({ ports }: HomeServer, name: string | undefined): Promise<AccountRow> {
  const { accounts } = ports.repository;
  let after: string | undefined;
  const known: AccountRow[] = [];
  do {
    const { items, next } = await accounts.page({ limit: 200, after });
    known.push(...items);
    after = next;
  } while (after !== undefined);
  const admins = known.filter(({ role }) => role === "admin").sort((a, b) => a.createdAt - b.createdAt);
  const found = name === undefined ? admins : known.filter((account) => account.name === name);
  const [owner, other] = found;
  if (owner && (name === undefined || !other)) return owner;
  throw new CoreError("not-found", {
    what: other ? "Several accounts have this name." : "There is no such account.",
    received: name ?? "no admin",
    expected: `one of ${known.map((account) => account.name).join(", ")}`,
  });
}

/**
 * Takes runs that the command line made into a server's store, with their models and, where their files are still there, their
 * pictures; the home is only read. What is there already stays as it is, so it may be done again.
 * @returns what came of each run, oldest first.
 * @throws CoreError `conflict` while a server has the home, `not-found` for a home or an owner that is not there, what the store throws.
 */
export async function importHome(
  place: StorePlace,
  options: ImportHomeOptions,
): Promise<readonly ImportedRun[]> {
  const { from = place.home, version, env, signal = new AbortController().signal } = options;
  if (!existsSync(from)) throw new CoreError("not-found", { what: "There is no such home.", received: from });
  const listed = (await openRunStore(from).list()).toReversed();
  await using server = await openHomeServer(place, version);
  const owner = await ownerOf(server, options.owner);
  await using workspace = new NodeWorkspace({
    ...{ home: from, env, signal, checkInt8, versions: { graft: version }, onEvent: () => undefined },
    selectBackend: (backend) =>
      selectBackend({ ...(backend === undefined ? {} : { backend }), home: from, env }),
  });
  const sets = new Map<string, Promise<OpenedDataset | string>>();
  const open = (location: string): Promise<OpenedDataset | string> => {
    const known = sets.get(location) ?? workspace.openDataset(location).catch(whyNotThere);
    sets.set(location, known);
    return known;
  };
  const imported: ImportedRun[] = [];
  for (const [at, { id, problem }] of listed.entries()) {
    throwIfCancelled(signal);
    options.onProgress?.({ what: id, done: at, total: listed.length });
    if (problem !== undefined) {
      imported.push({ id, outcome: "skipped", reason: problem });
      continue;
    }
    try {
      const run = await readHomeRun(from, id);
      imported.push(
        await importRun(server, run, { ...options, owner, from, opened: () => open(run.location) }),
      );
    } catch (error) {
      if (!(error instanceof CoreError) || error.code === "cancelled" || error.code === "disk-full")
        throw error;
      imported.push({ id, outcome: "skipped", reason: error.message });
    }
  }
  return imported;
}

async function importRun(
  server: HomeServer,
  run: HomeRun,
  context: Omit<ImportHomeOptions, "owner" | "from"> & {
    readonly owner: AccountRow;
    readonly from: string;
    readonly opened: () => Promise<OpenedDataset | string>;
  },
): Promise<ImportedRun> {
  const { owner, from, onProgress } = context;
  const id = await idOf(`run of a home ${owner.id} ${run.id} ${run.record.created}`);
  if (await isBrought(server, run, id)) return { id: run.id, outcome: "there", run: id };
  const opened = await context.opened();
  const dataset = await datasetFor(server, run, owner);
  const scanned = typeof opened === "string" ? undefined : opened.dataset;
  if (typeof opened !== "string")
    await bringPictures(server, dataset, opened.dataset, (image) => opened.read(image), {
      ...{ owner, signal: context.signal },
      onProgress: (progress) => onProgress?.({ what: dataset.name, ...progress }),
    });
  const hashes = [...new Set([...run.split.train, ...run.split.validation, ...run.split.test])];
  const there = await server.ports.repository.images.byHashes(dataset.id, hashes);
  const count = hashes.length - new Set(there.map(({ hash }) => hash)).size;
  const why = typeof opened === "string" ? ` (${opened.replace(/\.$/, "")})` : "";
  const missing =
    count === 0
      ? ""
      : `; ${count} of its ${hashes.length} pictures are not here${why}, so it can be neither trained again on them nor gone on with`;
  await bringRun(server, run, {
    ...{ id, dataset: dataset.id, owner: owner.id, frozen: datasetOfRun(run, scanned) },
    note: `this run was taken in from ${from}, where it is ${run.id}${missing}`,
  });
  return {
    ...{ id: run.id, outcome: "new", run: id, dataset: dataset.id, hasModel: run.model !== undefined },
    missingPictures: { count, of: hashes.length },
  };
}

/** The data set of all runs that were of one place. */
async function datasetFor(
  { ports }: HomeServer,
  { location, record, split }: HomeRun,
  owner: AccountRow,
): Promise<DatasetRow> {
  const { datasets } = ports.repository;
  const id = await idOf(`data set of a home ${owner.id} ${location}`);
  const known = await datasets.get(id);
  if (known) return known;
  const now = ports.clock();
  const row: DatasetRow = {
    ...{
      id,
      owner: owner.id,
      name: record.datasetName,
      createdAt: now,
      changedAt: now,
      lastEdit: 0,
      notes: [],
    },
    split: {
      ...{ seed: split.seed, fraction: record.config.valSplit, groupPrefix: record.config.groupPrefix },
      ...{ kind: split.kind, version: 1 },
    },
  };
  await datasets.create(row, []);
  return row;
}
