import type { Backend } from "../backend/backend.ts";
import { writeLogical } from "../backend/state.ts";
import { createThreadSharing } from "../concurrency/event-loop-turn.ts";
import { LostImages } from "../dataset/lost-images.ts";
import type { PrepareImage } from "../dataset/prepare-image.ts";
import type { DatasetImage } from "../dataset/types.ts";
import { throwIfCancelled } from "../errors.ts";
import { extractFeatures } from "../features/extract.ts";
import type { FeatureStore } from "../features/types.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { type Graph, numElements } from "../graph/graph.ts";
import { blockParameters } from "../graph/passes/block-parameters.ts";
import { foldAndFuse } from "../graph/passes/fold-and-fuse.ts";
import { appendHead } from "../head/build.ts";
import { predictionsOf } from "../head/outputs.ts";
import type { Prediction } from "../metrics/types.ts";
import type { Model } from "../model/types.ts";
import { trunkGraph } from "../trunk/build.ts";
import { addTunedTail, modelRows } from "./model-rows.ts";
import type { ImagePrediction } from "./predict-images.ts";

/** Rows of one run of the head: enough that its weights are read seldom. */
const BATCH = 128;

export interface CachedPredictionOptions {
  readonly model: Model;
  readonly backend: Backend;
  readonly images: readonly DatasetImage[];
  readonly prepare: PrepareImage;
  readonly decodeAhead: number;
  /** Has the features of these images since the training. */
  readonly store: FeatureStore;
  readonly signal?: AbortSignal;
}

/**
 * What a model that was just trained says of images whose features are in the cache: the head alone runs, so that the
 * confusion matrix at the end of a training costs no second pass through the trunk. A few images that are lost since are left
 * out.
 * @throws CoreError as `extractFeatures`; `unreadable` when too many images are lost (see {@link LostImages}).
 */
export async function cachedPredictions(options: CachedPredictionOptions): Promise<ImagePrediction[]> {
  const { model, backend, prepare, decodeAhead, store, signal } = options;
  const { head, rule } = model.manifest;
  const { space, rowShape, tap } = modelRows(model, backend, prepare.decoder);
  const lost = new LostImages({ labels: model.manifest.labels, needed: [], validation: options.images });
  const table = await extractFeatures({
    images: options.images,
    variants: [0],
    space,
    rowShape,
    store,
    prepare,
    decodeAhead,
    openProgram: () =>
      // what lies below a tail is what it was
      backend.compile(trunkGraph(model.weights, { cut: tap.layer, size: rule.size, pool: tap.pool })),
    batch: backend.limits.preferredBatch,
    onBroken: (image, error) => lost.add(image, error),
    ...(signal ? { signal } : {}),
  }).catch(async (error: unknown) => {
    throw await lost.refusal(error, { prepare, rule, decodeAhead, signal });
  });
  const graph = headGraph(model, rowShape, backend.limits.blockBytes);
  const program = await backend.compile(graph);
  const state = await backend.createState(graph);
  try {
    await writeLogical(state, graph, model.head);
    const predictions: Prediction[] = [];
    const shareThread = createThreadSharing();
    for (let start = 0; start < table.numRows; start += BATCH) {
      await shareThread();
      throwIfCancelled(signal);
      const rows = Array.from({ length: Math.min(BATCH, table.numRows - start) }, (_, i) => start + i);
      const data = new Float32Array(rows.length * numElements(rowShape));
      await table.read(rows, data);
      const features = { shape: [rows.length, ...rowShape], data };
      const { probabilities } = await program.run({ features }, state);
      if (probabilities) predictions.push(...predictionsOf(probabilities, head));
    }
    return options.images.flatMap((image, i) => {
      const prediction = predictions[i];
      return prediction === undefined || lost.has(image) ? [] : [{ image, prediction }];
    });
  } finally {
    program.dispose();
    state.dispose();
  }
}

/** The tail, where there is one, and the head. */
function headGraph(model: Model, rowShape: readonly number[], blockBytes: number): Graph {
  const { head } = model.manifest;
  const builder = new GraphBuilder();
  const features = addTunedTail(builder, builder.input("features", ["batch", ...rowShape]), model);
  builder.output("probabilities", appendHead(builder, features, head).probabilities);
  return blockParameters(foldAndFuse(builder.build()), blockBytes);
}
