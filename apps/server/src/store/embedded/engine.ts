import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { PGlite, types } from "@electric-sql/pglite";
import * as z from "zod";
import { SyncedFiles } from "./synced-files.ts";

/** PostgreSQL's version inside of PGlite: it opens the folders of this one alone. */
export const POSTGRES_MAJOR = "18";

/** Without "-F", which says that nothing is to be synced. */
const STANDARD = PGlite.defaultStartParams.filter((word) => word !== "-F");
const setting = (name: string, value: string): readonly string[] => ["-c", `${name}=${value}`];

const SETTINGS = [
  ...STANDARD,
  // the system keeps the files' pages anyway: 100 MB less memory than PostgreSQL's usual 128 MB takes
  ...setting("shared_buffers", "32MB"),
  // of the log of changes so much is kept for use again (upkeep.ts writes checkpoints)
  ...setting("min_wal_size", "32MB"),
  ...setting("max_wal_size", "64MB"),
  ...setting("wal_sync_method", "fsync"),
];

export interface EngineOptions {
  /** Whether a change is on the disk before it counts as done, or only with the system. @default true */
  readonly isSynced?: boolean | undefined;
  /** See `SyncedFiles`; asked of a synced store alone. */
  readonly makeRoom?: (() => boolean) | undefined;
}

/** Opens a data folder, which is made where there is none. */
export async function openEngine(
  folder: string,
  { isSynced = true, makeRoom }: EngineOptions = {},
): Promise<PGlite> {
  const startParams = [...SETTINGS, ...setting("fsync", isSynced ? "on" : "off")];
  const engine = await (isSynced
    ? PGlite.create({ fs: new SyncedFiles(folder, { makeRoom }), startParams })
    : PGlite.create(folder, { startParams }));
  try {
    await keepFewParsers(engine);
  } catch (error) {
    await engine.close();
    throw error;
  }
  return engine;
}

/**
 * PGlite copies its table of parsers for each statement; with one for the arrays of every type, those of tables among them, that
 * is half of what a small statement takes. Arrays of the types that it reads are left; others come as text.
 */
async function keepFewParsers(engine: PGlite): Promise<void> {
  const read = Object.keys(types.parsers);
  const { rows } = await engine.query<{ id: number }>(
    // ids of jobs, too
    "select typarray as id from pg_type where (oid::text = any($1::text[]) or typname = 'uuid') and typarray <> 0",
    [read],
  );
  const kept = new Set([...read, ...rows.map(({ id }) => `${id}`)]);
  engine.parsers = Object.fromEntries(Object.entries(engine.parsers).filter(([id]) => kept.has(id)));
}

/** Version of an installed package, whatever it lets others import. */
export function versionOf(name: string): string {
  const resolve = createRequire(import.meta.url).resolve;
  for (let folder = resolve(name); ; folder = join(folder, "..")) {
    const text = readOrNothing(join(folder, "package.json"));
    const facts = text === undefined ? undefined : manifestSchema.safeParse(JSON.parse(text)).data;
    if (facts?.name === name) return facts.version;
    if (folder === join(folder, "..")) throw new Error(`${name} has no package.json.`);
  }
}

const manifestSchema = z.object({ name: z.string(), version: z.string() });

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
