// What needs Node: files, worker threads, sharp. Browser code never imports this entry.
export type { CachedArchive } from "./cache/archives-node.ts";
export {
  type CachedSpace,
  type CacheStatus,
  cacheFolders,
  cacheStatus,
  type PruneResult,
  pruneCache,
} from "./cache/cache-node.ts";
export { type CacheShare, type CacheShares, cacheShares } from "./cache/cache-shares-node.ts";
export {
  type FeatureStoreOptions,
  type NodeFeatureStore,
  openFeatureStore,
} from "./cache/feature-store-node.ts";
export { forgetFeatures } from "./cache/forget-node.ts";
export type { CacheFolders, CachePart } from "./cache/give-up-node.ts";
export { openCheckpointStore } from "./checkpoint/store-node.ts";
export { startThread } from "./concurrency/start-thread-node.ts";
export { emojiSample } from "./dataset/emoji-sample-node.ts";
export { type FoundImages, findImages } from "./dataset/find-images-node.ts";
export { KNOWN_SET_NAMES, knownSetFiles } from "./dataset/known-sets-node.ts";
export { type ListedDataset, listDataset } from "./dataset/list-dataset-node.ts";
export {
  type OpenedFiles,
  type OpenFilesOptions,
  openFiles,
  type ScanFilesOptions,
} from "./dataset/open-files-node.ts";
export { type NodeImageSource, type OpenDatasetOptions, openDataset } from "./dataset/open-node.ts";
export { isUnlabelled, openUnlabelled, type UnlabelledImages } from "./dataset/open-unlabelled-node.ts";
export { type DownloadOptions, download } from "./download/download-node.ts";
export { nodeFetch } from "./download/fetch-node.ts";
export { trustingFetch } from "./download/trusting-fetch-node.ts";
export { exportHdf5, exportKeras, exportTfjs } from "./export/export-node.ts";
export { checkModelFolder, verifyModelFolder, writeModelFolder } from "./export/write-model-node.ts";
export { checkFilePlace, checkPlace } from "./files/check-place-node.ts";
export { placeOnDisk, readRange } from "./files/folder-node.ts";
export { makeFolder } from "./files/make-folder-node.ts";
export { isAlive, newTag, type Owner, parseOwnerTag, processStart } from "./files/owner-node.ts";
export { packageFolder } from "./files/package-folder-node.ts";
export { readPrivate, writePrivate } from "./files/private-file-node.ts";
export { readFailure } from "./files/read-failure-node.ts";
export { syncFolder } from "./files/sync-folder-node.ts";
export { codeOf, isDiskFull } from "./files/system-error-node.ts";
export { writePieces } from "./files/write-pieces-node.ts";
export { writeRefusal } from "./files/write-refusal-node.ts";
export { writeWhole } from "./files/write-whole-node.ts";
export { type EncodeOptions, encodeImage } from "./image/encode-node.ts";
export { createImagePool } from "./image/pool-node.ts";
export { resolveModelFolder } from "./jobs/model-folder-node.ts";
export { NodeWorkspace, type NodeWorkspaceOptions } from "./jobs/workspace-node.ts";
export { readModelFolder } from "./model/read-model-node.ts";
export { childPort, parentPort } from "./protocol/child-port-node.ts";
export type { RunLock } from "./runs/run-lock.ts";
export type { RunRecord, RunRecordChange } from "./runs/run-record.ts";
export {
  type FolderRunStore,
  openRunStore,
  type RunFolder,
  type RunFolderSummary,
} from "./runs/run-store-node.ts";
export { sha256, sha256InPieces } from "./sha256-node.ts";
export type { LoadWeightsOptions } from "./weights/load-options.ts";
export { type PlaceOfWeights, placeOfWeights } from "./weights/place-of-weights-node.ts";
export {
  dropPublicWeights,
  fetchWeights,
  listWeights,
  type WeightsEntry,
} from "./weights/weights-list-node.ts";
export { loadWeights } from "./weights/weights-node.ts";
