import { join } from "node:path";
import { BlobKeeper } from "@graft/api";
import { CoreError } from "@graft/core";
import { sql } from "drizzle-orm";
import { openPlace, type StorePlace } from "../serve/store-place.ts";
import { ask } from "../store/database.ts";
import type { BackupManifest } from "./archive/backup-form.ts";
import { BackupMaker } from "./backup-maker.ts";
import { type PlaceBackupOptions, placeBackup } from "./place-backup.ts";
import { checkRestored } from "./restoring.ts";

/**
 * Backs up a store that no server of this home serves; servers of other homes may serve it, where it is PostgreSQL's.
 * @throws CoreError `conflict` while a server has the home, `not-found` where nothing is kept, as `BackupMaker.open` and `placeBackup`.
 */
export async function backUpPlace(
  path: string,
  place: StorePlace,
  { version, ...options }: PlaceBackupOptions & { readonly version: string },
): Promise<BackupManifest> {
  await using opened = await openPlace(place, { isThere: true });
  const { store } = opened;
  await checkRestored(store);
  if ((await ask(store.database, sql`select 1 as one from graft.accounts limit 1`)).length === 0)
    throw new CoreError("not-found", {
      what: "There is nothing in this store.",
      received: store.name,
      fix: "See that it is the one that the server uses.",
    });
  const blobs = await opened.blobs();
  const { repository } = store;
  const keeper = new BlobKeeper({ blobs, repository, clock: Date.now });
  const folder = join(place.home, "server", "backups-on-their-way");
  const maker = new BackupMaker({ store, blobs, keeper, folder, version, clock: Date.now });
  await using backup = await maker.open();
  // awaited here: what it reads goes with the backup
  return await placeBackup(path, backup.stream(), { ...options, bytes: backup.bytes });
}
