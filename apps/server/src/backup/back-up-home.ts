import { CoreError } from "@graft/core";
import { homeToken, readAddress } from "../serve/home-address.ts";
import type { StorePlace } from "../serve/store-place.ts";
import type { BackupManifest } from "./archive/backup-form.ts";
import { backUpPlace } from "./back-up-place.ts";
import { fetchBackup } from "./fetch-backup.ts";
import type { PlaceBackupOptions } from "./place-backup.ts";

/**
 * Backs up what a server keeps in this home: through the server while one has it, which the rows then belong to, else by itself.
 * @throws CoreError `conflict` when a server has the home that cannot be asked, as `backUpPlace` and `fetchBackup`.
 */
export async function backUpHome(
  path: string,
  place: StorePlace,
  options: PlaceBackupOptions & { readonly version: string },
): Promise<BackupManifest> {
  try {
    return await backUpPlace(path, place, options);
  } catch (error) {
    if (!(error instanceof CoreError) || error.code !== "conflict") throw error;
    const address = await readAddress(place.home);
    const token = await homeToken(place.home);
    if (address === undefined || token === undefined) throw error;
    return fetchBackup(path, { ...address, token }, options);
  }
}
