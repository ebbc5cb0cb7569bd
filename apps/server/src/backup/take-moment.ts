import type { NamedBlob } from "@graft/api";
import { sql } from "drizzle-orm";
import { ask, type Database } from "../store/database.ts";
import { startNaming } from "../store/repository/blob-names.ts";
import { blobRepository } from "../store/repository/blobs.ts";
import type { Store } from "../store/store.ts";

/** Who holds what a backup needs, and until when. */
export interface BackupHold {
  readonly id: string;
  readonly until: number;
}

async function namedBlobs(tx: Database): Promise<NamedBlob[]> {
  const found: NamedBlob[] = [];
  for await (const page of blobRepository(tx).all()) found.push(...page);
  return found;
}

const holdAll = (tx: Database, blobs: readonly NamedBlob[], hold: BackupHold): Promise<unknown> =>
  blobRepository(tx).hold(
    blobs.map(({ hash }) => hash),
    hold,
  );

/** What the store's form was made by. */
async function migrationsOf(tx: Database): Promise<string[]> {
  const rows = await ask(tx, sql`select hash from graft_migrations.applied order by made_at, hash`);
  return rows.map(({ hash }) => String(hash));
}

export interface Moment<T> {
  /** What `read` made of the rows. */
  readonly rows: T;
  /** Every blob that these rows name, held. */
  readonly blobs: readonly NamedBlob[];
  readonly migrations: readonly string[];
}

/**
 * The rows of one moment, and a hold on every blob that they name: what is removed from then on stays until it is let go.
 * Others write meanwhile on PostgreSQL; the embedded store has one session, and they wait.
 */
export function takeMoment<T>(
  { kind, database }: Pick<Store, "kind" | "database">,
  hold: BackupHold,
  read: (tx: Database) => Promise<T>,
): Promise<Moment<T>> {
  return kind === "pglite" ? momentAlone(database, hold, read) : momentAmongOthers(database, hold, read);
}

function momentAlone<T>(
  database: Database,
  hold: BackupHold,
  read: (tx: Database) => Promise<T>,
): Promise<Moment<T>> {
  return database.transaction(async (tx) => {
    const blobs = await namedBlobs(tx);
    await holdAll(tx, blobs, hold);
    return { blobs, rows: await read(tx), migrations: await migrationsOf(tx) };
  });
}

/**
 * Two transactions: one sees the rows of one moment for as long as it takes; the other keeps everybody from beginning to delete
 * a blob from before that moment until all are held, which is short. (One alone cannot: its moment is before its first lock.)
 */
async function momentAmongOthers<T>(
  database: Database,
  hold: BackupHold,
  read: (tx: Database) => Promise<T>,
): Promise<Moment<T>> {
  let tell: (blobs: readonly NamedBlob[]) => void = () => undefined;
  const named = new Promise<readonly NamedBlob[]>((resolve) => {
    tell = resolve;
  });
  const oneMoment = { isolationLevel: "repeatable read", accessMode: "read only" } as const;
  let reading: Promise<Moment<T>> | undefined;
  await database.transaction(async (guard) => {
    await startNaming(guard);
    reading = database.transaction(async (tx) => {
      const blobs = await namedBlobs(tx);
      tell(blobs);
      return { blobs, rows: await read(tx), migrations: await migrationsOf(tx) };
    }, oneMoment);
    // whoever waits below hears of a failure
    reading.catch(() => undefined);
    await holdAll(guard, await Promise.race([named, reading.then(({ blobs }) => blobs)]), hold);
  });
  if (!reading) throw new TypeError("a transaction ended before it began");
  return reading;
}
