// The folders in the order of the data; see ARCHITECTURE.md.
export type * from "./backend/backend.ts";
export * from "./backend/check-inputs.ts";
export type * from "./backend/selection.ts";
export type * from "./backend/state.ts";
export { copyInto, readLogical, writeLogical } from "./backend/state.ts";
export * from "./backend/state-refusals.ts";
export { byCodeUnit } from "./by-code-unit.ts";
export { capitalized } from "./capitalized.ts";
export type * from "./checkpoint/types.ts";
export { inParallel } from "./concurrency/in-parallel.ts";
export type * from "./config/config.ts";
export { augmentationSchema, RECIPE_DEFAULTS, trainConfigSchema } from "./config/config.ts";
export type * from "./config/option-values.ts";
export type * from "./config/options.ts";
export { trainOptions } from "./config/options.ts";
export {
  type OptionIssue,
  optionIssuesSchema,
  optionIssueText,
  parseTrainConfig,
} from "./config/parse-config.ts";
export { safeEntryName } from "./dataset/archive-entry-name.ts";
export { archiveStem } from "./dataset/archive-kind.ts";
export { ARCHIVE_LIMITS } from "./dataset/archive-limits.ts";
export { type DatasetWarning, splitWarnings } from "./dataset/dataset-warnings.ts";
export { type DealtImage, dealInto } from "./dataset/deal-into.ts";
export type { DrawnImage } from "./dataset/draw.ts";
export type { DuplicateGroup } from "./dataset/duplicates.ts";
export type * from "./dataset/foreign-images.ts";
export { prefixGroups, prefixNotes } from "./dataset/group-prefix.ts";
export { imagesOfPart } from "./dataset/images-of-part.ts";
export { isNamedLikeImage } from "./dataset/junk.ts";
export * from "./dataset/prepare-image.ts";
export {
  type ClassReport,
  type DatasetReport,
  type DuplicateReport,
  describeDataset,
  type Range,
} from "./dataset/report.ts";
export { copyGroups, namePrefix } from "./dataset/source-group.ts";
export { drawSplit, parseSplit, splitHash } from "./dataset/split.ts";
export type * from "./dataset/types.ts";
export { checkUrl } from "./download/answer.ts";
export { certificateTrouble } from "./download/certificate-trouble.ts";
export type * from "./download/types.ts";
export type * from "./errors.ts";
export { CoreError, deserializeError, isCancelled, serializeError, throwIfCancelled } from "./errors.ts";
export {
  type EvaluateOptions,
  type EvaluationResult,
  evaluateModel,
  type TrainingReference,
} from "./evaluate/evaluate.ts";
export { type EvaluationImages, evaluationImages } from "./evaluate/evaluation-images.ts";
export type { Findings } from "./evaluate/findings.ts";
export { type KeptFeatures, keptFeatures } from "./evaluate/kept-features.ts";
export { drawFileByFile, measureSplitGap, type SplitGapOptions } from "./evaluate/split-gap.ts";
export { type Mistake, MOST_TOLD } from "./evaluate/told-mistakes.ts";
export { createEventMaker, type EventMaker } from "./events/event-maker.ts";
export {
  metricsSchema,
  RUN_STATUSES,
  serializedErrorSchema,
  trainEventSchema,
} from "./events/event-schema.ts";
export type * from "./events/events.ts";
export { GradCam, type GradCamOptions, type HeatMap } from "./explain/grad-cam.ts";
export { checkAgreement, checkDistances, type Reference, referenceOf } from "./export/agreement.ts";
export { type Columns, columnsText, withColumns } from "./export/columns.ts";
export { type ExportFacts, exportTexts } from "./export/export-facts.ts";
export {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportFormatFacts,
  exportFormatFacts,
} from "./export/export-formats.ts";
export { factsFile, factsPath } from "./export/facts-file.ts";
export {
  NODE_DEPENDENCIES,
  SNIPPET_FILES,
  type SnippetLanguage,
  snippetFiles,
} from "./export/snippet-folder.ts";
export type * from "./export/types.ts";
export { type VerifyOptions, verifyModel } from "./export/verify-model.ts";
export { writeKerasHdf5 } from "./export/write-keras-file.ts";
export { type WriteModelOptions, writeModel } from "./export/write-model.ts";
export { TFJS_FILES, writeTfjs } from "./export/write-tfjs.ts";
export { type ZippedFile, type ZipStream, zipFiles } from "./export/zip-files.ts";
export { type ExtractOptions, extractFeatures } from "./features/extract.ts";
export type { ExtractProgress } from "./features/extract-options.ts";
export { createMemoryFeatureStore, type MemoryFeatureStore } from "./features/memory-store.ts";
export { type NpyArray, type NpyData, parseNpy } from "./features/npy.ts";
export { npyBytes, npyPieces } from "./features/npy-pieces.ts";
export { decodeRecord, decodeRow, encodeRecord, encodeRow } from "./features/row-record.ts";
export { type NextShard, type Shard, type ShardBoard, shardSchema } from "./features/shard.ts";
export { type FeatureSpaceOptions, featureSpace, featureSpaceId } from "./features/space.ts";
export type * from "./features/types.ts";
export { checkReplaced, checkReplacedFile, fileInPlace } from "./files/check-replaced.ts";
export type * from "./files/folder.ts";
export { folderPath } from "./files/folder-path.ts";
export type { HashInPieces } from "./files/hash-in-pieces.ts";
export { memoryFolder } from "./files/memory-folder.ts";
export { machineCode } from "./files/one-file-error.ts";
export * from "./graph/builder.ts";
export * from "./graph/graph.ts";
export type * from "./graph/host-tensor.ts";
export { paddingOf, sameShape, shapeText, windowedLength } from "./graph/infer-shape.ts";
export { createOptimizer, type Optimizer, type OptimizerName } from "./graph/optimizer.ts";
export { appendUpdates } from "./graph/passes/append-updates.ts";
export { blockParameters } from "./graph/passes/block-parameters.ts";
export { type Differentiated, differentiate } from "./graph/passes/differentiate.ts";
export { fuseActivations } from "./graph/passes/fold-and-fuse.ts";
export { foldBatchNorm } from "./graph/passes/fold-batch-norm.ts";
export { prune } from "./graph/passes/prune.ts";
export { rewriteGraph } from "./graph/passes/rewrite.ts";
export { HEAD_INPUTS, type HeadBody, type HeadGraphs, headGraphs } from "./head/build.ts";
export { initialHeadValues } from "./head/initial-values.ts";
export { type HeadParameter, headParameters } from "./head/parameters.ts";
export { headSpec } from "./head/spec.ts";
export type * from "./head/types.ts";
export { augmentImage, changeImage, drawChange, type ImageChange, type VariantKey } from "./image/augment.ts";
export { DECODER_VERSION, type DecoderId } from "./image/decoder-version.ts";
export { pixelsInHeader } from "./image/header-size.ts";
export type * from "./image/pool.ts";
export { type ImageReading, type ReadingNote, readingNotes } from "./image/readings.ts";
export { resizeBilinear, resizeNearest } from "./image/resize.ts";
export { applyRule } from "./image/rule.ts";
export type * from "./image/types.ts";
export { inputFaults, inputFaultsText } from "./input-faults.ts";
export { exportInt8Job, type Int8Writer } from "./jobs/calibrate-int8.ts";
export { INT8_WORTHWHILE } from "./jobs/check-int8-use.ts";
export {
  type ComputedFeatures,
  type ComputeFeaturesOptions,
  computeFeaturesJob,
  type GivenPixels,
} from "./jobs/compute-features.ts";
export { type Evaluated, type EvaluateJobOptions, evaluateJob } from "./jobs/evaluate-model.ts";
export { drawHeatMap } from "./jobs/explain.ts";
export { type ExportWriter, exportJob } from "./jobs/export-model.ts";
export {
  describeFeatures,
  type FeaturesDescription,
  featuresDescriptionText,
} from "./jobs/features-description.ts";
export { type FindLearningRateOptions, findLearningRateJob } from "./jobs/find-learning-rate.ts";
export {
  type InspectDatasetOptions,
  type InspectedDataset,
  inspectDatasetJob,
} from "./jobs/inspect-dataset.ts";
export { datasetNotes, type JobNote } from "./jobs/open-dataset.ts";
export { type AskedImage, predictJob } from "./jobs/predict-images.ts";
export { reportJob, type TrainingTold } from "./jobs/report-evaluation.ts";
export type { ResumeTraining } from "./jobs/resume-training.ts";
export { scoreTraining, type TrainingScore } from "./jobs/score-training.ts";
export type { StartTraining } from "./jobs/start-training.ts";
export { type SweepHeadsOptions, sweepHeadsJob } from "./jobs/sweep-heads.ts";
export { type ToldEvaluation, toldEvaluation } from "./jobs/told-evaluation.ts";
export { resumeJob, trainJob } from "./jobs/train-job.ts";
export type * from "./jobs/training.ts";
export type * from "./jobs/workspace.ts";
export { likenessVector } from "./likeness/distance.ts";
export { isUnlike } from "./likeness/is-unlike.ts";
export { likenessLayers } from "./likeness/likeness-layers.ts";
export type * from "./likeness/types.ts";
export { type Assessment, assessPredictions } from "./metrics/assess.ts";
export type { Calibration, CalibrationScore } from "./metrics/calibrate.ts";
export { evaluationSchema } from "./metrics/evaluation-schema.ts";
export { type Interval, wilsonInterval } from "./metrics/interval.ts";
export { type LabelError, likelyLabelErrors } from "./metrics/label-errors.ts";
export { type NotSure, notSureThreshold } from "./metrics/not-sure.ts";
export { quantile } from "./metrics/quantile.ts";
export type { ReliabilityBin } from "./metrics/reliability.ts";
export type { RocCurve, RocPoint } from "./metrics/roc.ts";
export { scorePredictions } from "./metrics/score.ts";
export type { PooledImage, TrainingDistances } from "./metrics/training-distance.ts";
export type * from "./metrics/types.ts";
export { parseManifest } from "./model/manifest.ts";
export { MODEL_FILES } from "./model/model-files.ts";
export { type ModelFolder, type ReadModelOptions, readModel, type Sha256 } from "./model/read-model.ts";
export type * from "./model/types.ts";
export { nameFew } from "./name-few.ts";
export type { Crc32 } from "./numbers/crc32.ts";
export { decodeFloat16, encodeFloat16 } from "./numbers/float16.ts";
export { createRandom } from "./numbers/random.ts";
export { isOffline } from "./offline.ts";
export { renderOptions } from "./option-text.ts";
export { type HeldBackAnswers, predictionsOfAnswers } from "./predict/held-back-answers.ts";
export { modelGraph, openFeaturePredictor, openPredictor } from "./predict/predict.ts";
export { type CachedPredictionOptions, cachedPredictions } from "./predict/predict-cached.ts";
export type { FeaturePredictor, PredictionWithFeatures, Predictor } from "./predict/predict-graph.ts";
export { type ImagePrediction, type PooledPrediction, poolFeatures } from "./predict/predict-images.ts";
export {
  canShareTrunk,
  openHead,
  openTrunk,
  type SharedTrunk,
  type SharingHead,
  type TrunkRow,
  trunkId,
} from "./predict/shared-trunk.ts";
export { type HostOptions, WorkerHost } from "./protocol/host.ts";
export type * from "./protocol/host-calls.ts";
export { type MessageEndpoint, messagePort } from "./protocol/message-port.ts";
export {
  PROTOCOL_VERSION,
  type SearchWork,
  type TrainingWork,
  type Work,
  type WorkEnd,
} from "./protocol/messages.ts";
export { type Port, portPair } from "./protocol/port.ts";
export { type RemoteWorkspaceOptions, remoteWorkspace } from "./protocol/remote-workspace.ts";
export { type OpenedWorkspace, ProtocolWorker, type WorkerOptions } from "./protocol/worker.ts";
export { calibrate } from "./quantize/calibrate.ts";
export { calibrationId, calibrationPixels } from "./quantize/calibration-images.ts";
export { quantizeGraph } from "./quantize/quantize-graph.ts";
export type * from "./quantize/types.ts";
export type * from "./report/types.ts";
export type { ResumedWith } from "./runs/check-resumable.ts";
export { createStoredRun } from "./runs/create-stored-run.ts";
export { type RunBeginning, type StartImage, startLabels } from "./runs/run-beginning.ts";
export { type RunRecord, type RunRecordChange, recordOfEnd } from "./runs/run-record.ts";
export { createRunStore, type RunsInFolder } from "./runs/run-store.ts";
export { openStoredRun, type RunInFolder } from "./runs/stored-run.ts";
export type * from "./runs/types.ts";
export { sha256 } from "./sha256.ts";
export { type SweptFeatures, sweptFeatures, tapKey } from "./sweep/features.ts";
export { type FoundRate, findRate } from "./sweep/find-rate.ts";
export { sweepOfPlain } from "./sweep/plain-sweep.ts";
export {
  foundRateSchema,
  plainSweepSchema,
  type SearchProgress,
  type SearchResult,
  searchProgressSchema,
  sweepAxesSchema,
  weightsInfoSchema,
} from "./sweep/search-schema.ts";
export { sweep } from "./sweep/sweep.ts";
export type * from "./sweep/types.ts";
export { imageRule } from "./train/feature-source.ts";
export { modelAccuracy } from "./train/model-accuracy.ts";
export { maxEpochs } from "./train/phase-plan.ts";
export { train } from "./train/train.ts";
export type * from "./train/types.ts";
export {
  addTail,
  featureShape,
  type Tap,
  type TrunkOptions,
  tappedTrunk,
  trunkGraph,
} from "./trunk/build.ts";
export { CUT_LAYERS, type CutLayer } from "./trunk/cut-layers.ts";
export { GRAPH_ORDER, LAYER_ORDER } from "./trunk/graph-order.ts";
export type * from "./trunk/layer.ts";
export { BATCH_NORM_EPSILON, INPUT_LAYER, layersUpTo, TRUNK_LAYERS } from "./trunk/table.ts";
export { type Tail, tailOf } from "./trunk/tail.ts";
export { NUM_TRUNK_WEIGHTS, type TensorSpec, TRUNK_TENSORS } from "./trunk/tensors.ts";
export type * from "./trunk/types.ts";
export { versionGap } from "./version-gap.ts";
export { quotedText, visibleLines, visibleText } from "./visible-text.ts";
export {
  BUNDLED_RANGE,
  type BundledManifest,
  decodeBundled,
  parseBundledManifest,
} from "./weights/bundled.ts";
export { hashWeights } from "./weights/weights-hash.ts";
