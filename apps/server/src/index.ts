// What hosts graft's API in a process.

export type { BackupManifest } from "./backup/archive/backup-form.ts";
export { backUpHome } from "./backup/back-up-home.ts";
export { type BackupServer, fetchBackup } from "./backup/fetch-backup.ts";
export type { BackupProgress, PlaceBackupOptions } from "./backup/place-backup.ts";
export { type Restored, type RestoreOptions, restoreBackup } from "./backup/restore-backup.ts";
export { letHeapGrow } from "./heap-growth.ts";
export { type ImportedRun, type ImportHomeOptions, importHome } from "./import-home/import-home.ts";
export { type MigratedStore, type MigrationTarget, migrateStore } from "./migrate/migrate-store.ts";
export { ProcessPredictor, type ProcessPredictorOptions } from "./predict/process-predictor.ts";
export { checkOptions } from "./serve/check-options.ts";
export { homeToken, readAddress } from "./serve/home-address.ts";
export type { ServerOptions } from "./serve/server-options.ts";
export type { StorePlace } from "./serve/store-place.ts";
export { type RunningServer, startServer } from "./server.ts";
export { copyStore, type StoreCopyOptions } from "./store/copy/copy-store.ts";
export type { CopiedTable } from "./store/copy/counted-rows.ts";
export { openStore } from "./store/open-store.ts";
export type * from "./store/store.ts";
export { type RemoteWorkerOptions, workForServer } from "./workers/remote/work-for-server.ts";
