export {
  BlobKeeper,
  type BlobPorts,
  type Bytes,
  type Keeping,
  type KeepOptions,
  type Kept,
  type Swept,
} from "./blobs/blob-keeper.ts";
export { type BlobTrouble, checkBlobs } from "./blobs/check-blobs.ts";
export { type RunFolderPorts, runFolder } from "./blobs/run-folder.ts";
export { type BlobRoom, type StorageFacts, storageFacts } from "./blobs/storage-facts.ts";
export { STORE_ID, storeId } from "./blobs/store-id.ts";
export { jobsOf } from "./identity/access.ts";
export type { Caller, Identity } from "./identity/identity.ts";
export { PERMISSIONS, type Permission, permissionOf, ROUTE_PERMISSIONS } from "./identity/permissions.ts";
export { hideSecrets } from "./identity/secret.ts";
export { MOST_EVALUATED } from "./model-jobs/evaluate-work.ts";
export { MOST_PICTURE_BYTES, MOST_PICTURES } from "./models/asked-pictures.ts";
export type { OpenedZip } from "./models/download-service.ts";
export { modelEvaluationSchema } from "./models/evaluation-schema.ts";
export { type Predicted, type Predictions, predictedSchema } from "./models/prediction-view.ts";
export type * from "./ports/blob-store.ts";
export { type Clock, idOf, newId } from "./ports/clock.ts";
export type * from "./ports/host-health.ts";
export * from "./ports/host-storage.ts";
export * from "./ports/jobs.ts";
export type * from "./ports/keeping-rows.ts";
export type * from "./ports/model-job-repository.ts";
export * from "./ports/model-job-rows.ts";
export type * from "./ports/paging.ts";
export type * from "./ports/ports.ts";
export type * from "./ports/predictor.ts";
export type * from "./ports/repository.ts";
export * from "./ports/rows.ts";
export * from "./ports/search-rows.ts";
export type * from "./ports/upload-spool.ts";
export * from "./ports/work-rows.ts";
export { type ApiRouter, apiRouter } from "./router.ts";
export { type ApiContext, type ApiMeta, asRpcError, toldError } from "./rpc/trpc.ts";
export { decidedOf, runInUse } from "./runs/decisions.ts";
export { IS_LAST } from "./runs/patient.ts";
export type { RunPlatform } from "./runs/run-platform.ts";
export type { RunNeeds, RunServices, Training } from "./runs/run-services.ts";
export type { TrainContext } from "./runs/train-handler.ts";
export type { SearchContext } from "./searches/search-handler.ts";
export { createServices, type Services } from "./services.ts";
export type { IncomingImage } from "./uploads/incoming.ts";
export { Intake, type IntakeStart } from "./uploads/intake.ts";
export { SPOOLED_BYTES } from "./uploads/upload-limits.ts";
