import { resolve } from "node:path";
import type { BlobFacts, BlobStore } from "@graft/api";
import { CoreError, inParallel, throwIfCancelled } from "@graft/core";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { openPlace, type StorePlace } from "../serve/store-place.ts";
import type { CopiedTable } from "../store/copy/counted-rows.ts";
import { fillTable } from "../store/copy/fill-table.ts";
import { checkNoRows } from "../store/copy/table-rows.ts";
import { COPIED_TABLES } from "../store/copy/tables.ts";
import type { Database } from "../store/database.ts";
import { MIGRATIONS } from "../store/migrate.ts";
import { blobRepository } from "../store/repository/blobs.ts";
import type { Store } from "../store/store.ts";
import { storeError } from "../store/store-error.ts";
import { damagedArchive } from "./archive/archive-index.ts";
import type { BackupManifest } from "./archive/backup-form.ts";
import { type Archive, openArchive } from "./archive/open-archive.ts";
import { beginRestore, endRestore } from "./restoring.ts";

/** With an S3 store each is a request; in a folder each is synced. */
const AT_ONCE = 8;

export interface RestoreOptions {
  /** checking: bytes of the backup; blobs: those that were brought; rows: of all tables. */
  readonly onProgress?: (progress: {
    readonly phase: "checking" | "blobs" | "rows";
    readonly done: number;
    readonly total: number;
  }) => void;
  readonly signal?: AbortSignal;
}

export interface Restored {
  readonly manifest: BackupManifest;
  /** As they are in the store now: the same as in the backup. */
  readonly tables: readonly CopiedTable[];
  /** For people: where rows and bytes are now. */
  readonly store: string;
  readonly blobs: string;
}

/**
 * Brings a backup back into an empty home, or an empty database with an empty place for blobs; wholly or not at all. The backup is
 * read and checked before anything is touched; then the bytes are brought, each checked again, and last, in one
 * transaction, all rows. Of a process that is killed in between a mark stays, for which `graft serve` refuses the store until
 * it is restored once more.
 *
 * What is restored is a store of its own, with an id of its own: the one that it was made of may live on, and its place for
 * blobs is refused here.
 * @throws CoreError `corrupt` with the name of what is damaged in the backup, `unsupported` for one of another form of the store,
 *   `conflict` for a place that holds something or while a server has it, `disk-full`, `cancelled`.
 */
export async function restoreBackup(
  path: string,
  place: StorePlace,
  options: RestoreOptions = {},
): Promise<Restored> {
  const { onProgress, signal } = options;
  await using archive = await openArchive(path);
  checkForm(archive);
  await archive.check({
    signal,
    onProgress: ({ done, total }) => onProgress?.({ phase: "checking", done, total }),
  });
  await using opened = await openPlace(place, { isThere: false });
  const { store } = opened;
  await checkNoRows(store.database, store.name);
  const blobs = await opened.blobs();
  await beginRestore(store.repository.leases, resolve(path));
  const brought: string[] = [];
  try {
    await bringBlobs(archive, blobs, brought, options);
    const tables = await bringRows(archive, store, options);
    return { manifest: archive.manifest, tables, store: store.name, blobs: blobs.name };
  } catch (error) {
    await takeBack(store, blobs, brought);
    throw storeError(error);
  }
}

/** @throws CoreError `unsupported` for rows of another form than this version's. */
function checkForm({ path, manifest }: Archive): void {
  const { migrations, graft, tables } = manifest;
  const known = readMigrationFiles({ migrationsFolder: MIGRATIONS }).map(({ hash }) => hash);
  const isForeign = migrations.some((hash) => !known.includes(hash));
  if (isForeign || migrations.length !== known.length)
    throw new CoreError("unsupported", {
      what: `The backup has rows of another version's form.`,
      received: `${path}, made by graft ${graft}`,
      fix: isForeign
        ? "Use that version of graft."
        : "Restore it with that version of graft; then let this one serve it, which brings it into its own form.",
    });
  const names = COPIED_TABLES.map(({ name }) => name);
  if (tables.map(({ table }) => table).join() !== names.join())
    throw damagedArchive(path, "it has other tables than a store has");
}

/** @param brought is added those that were not there before. */
async function bringBlobs(
  archive: Archive,
  to: BlobStore,
  brought: string[],
  { onProgress, signal }: RestoreOptions,
): Promise<void> {
  const all = archive.blobs();
  let done = 0;
  await inParallel(all, AT_ONCE, async ({ hash, bytes }: BlobFacts) => {
    throwIfCancelled(signal);
    if ((await to.head(hash)) === undefined) brought.push(hash);
    await to.put(archive.blob(hash), { hash, maxBytes: bytes, ...(signal ? { signal } : {}) });
    onProgress?.({ phase: "blobs", done: ++done, total: all.length });
  });
}

async function bringRows(
  archive: Archive,
  { database, name }: Pick<Store, "database" | "name">,
  { onProgress, signal }: RestoreOptions,
): Promise<readonly CopiedTable[]> {
  const told = new Map(archive.manifest.tables.map((table) => [table.table, table]));
  const total = archive.manifest.tables.reduce((sum, { rows }) => sum + rows, 0);
  return database.transaction(async (tx) => {
    await checkNoRows(tx, name);
    const copied: CopiedTable[] = [];
    let before = 0;
    for (const shape of COPIED_TABLES) {
      const table = await fillTable(tx, shape, archive.rows(shape.name, shape.batch), {
        onProgress: ({ rows }) => onProgress?.({ phase: "rows", done: before + rows, total }),
        ...(signal ? { signal } : {}),
      });
      const expected = told.get(shape.name);
      if (table.rows !== expected?.rows || table.hash !== expected.hash)
        throw damagedArchive(archive.path, `the rows of ${shape.name} are not those that it tells of`);
      before += table.rows;
      copied.push(table);
    }
    await checkNamed(tx, archive);
    await endRestore(tx);
    return copied;
  });
}

/** @throws CoreError `corrupt` for rows that name what the backup does not have. */
async function checkNamed(tx: Database, archive: Archive): Promise<void> {
  const bytes = new Map(archive.blobs().map((blob) => [blob.hash, blob.bytes]));
  for await (const page of blobRepository(tx).all())
    for (const named of page) {
      const there = bytes.get(named.hash);
      if (there === undefined || (named.bytes !== null && named.bytes !== there))
        throw damagedArchive(
          archive.path,
          `its rows name the ${named.kind} ${named.hash}, which it does not have`,
        );
    }
}

/** What was brought goes again, unless the rows are there after all: an answer that got lost says nothing. */
async function takeBack(
  { database, name }: Pick<Store, "database" | "name">,
  blobs: BlobStore,
  brought: readonly string[],
): Promise<void> {
  const isEmpty = await checkNoRows(database, name).then(
    () => true,
    (error: unknown) => (error instanceof CoreError && error.code === "conflict" ? false : undefined),
  );
  // of a store that does not answer the mark stays: it is refused until it is restored once more
  if (isEmpty === undefined) return;
  try {
    if (isEmpty) await inParallel(brought, AT_ONCE, (hash) => blobs.delete(hash));
    await endRestore(database);
  } catch {
    // as above
  }
}
