import type { Backend } from "./backend.ts";
import type { DatasetImage } from "./dataset/types.ts";
import type { ImagePrediction } from "./evaluate.ts";
import type { Model } from "./export/types.ts";
import { extractFeatures } from "./features/extract.ts";
import { recipeSpace, recipeTap, rowShapeOf } from "./features/recipe-space.ts";
import type { FeatureStore } from "./features/types.ts";
import { GraphBuilder } from "./graph/builder.ts";
import { type Graph, numElements } from "./graph/graph.ts";
import { blockParameters } from "./graph/passes/block-parameters.ts";
import { foldAndFuse } from "./graph/passes/fold-and-fuse.ts";
import { writeLogical } from "./graph/state.ts";
import { appendHead } from "./head/build.ts";
import { predictionsOf } from "./head/outputs.ts";
import type { Prediction } from "./metrics/types.ts";
import type { PrepareImage } from "./train/types.ts";
import { addTail, trunkGraph } from "./trunk/build.ts";
import { tailOf } from "./trunk/tail.ts";

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
 * confusion matrix at the end of a training costs no second pass through the trunk. Images that broke since are left out.
 */
export async function cachedPredictions(options: CachedPredictionOptions): Promise<ImagePrediction[]> {
  const { model, backend, prepare, decodeAhead, store, signal } = options;
  const { head, cut, rule, config } = model.manifest;
  const { fineTuned = null } = model.manifest;
  const recipe = { recipe: head.recipe, cut, fineTune: fineTuned, cacheType: config.cacheType };
  const tap = fineTuned === null ? "features" : "tail";
  const rowShape = rowShapeOf({ ...recipe, size: rule.size }, tap);
  const broken = new Set<DatasetImage>();
  const space = recipeSpace({
    config: recipe,
    rule,
    weights: model.weights,
    augmentation: null,
    backend,
    tap,
  });
  const { layer, pool } = recipeTap(recipe, tap);
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
      backend.compile(trunkGraph(model.weights, { cut: layer, size: rule.size, pool })),
    batch: backend.limits.preferredBatch,
    onBroken: (image) => void broken.add(image),
    ...(signal ? { signal } : {}),
  });
  const graph = headGraph(model, rowShape, backend.limits.blockBytes);
  const program = await backend.compile(graph);
  const state = await backend.createState(graph);
  try {
    await writeLogical(state, graph, model.head);
    const predictions: Prediction[] = [];
    for (let start = 0; start < table.numRows; start += BATCH) {
      const rows = Array.from({ length: Math.min(BATCH, table.numRows - start) }, (_, i) => start + i);
      const data = new Float32Array(rows.length * numElements(rowShape));
      await table.read(rows, data);
      const features = { shape: [rows.length, ...rowShape], data };
      const { probabilities } = await program.run({ features }, state);
      if (probabilities) predictions.push(...predictionsOf(probabilities, head));
    }
    return options.images.flatMap((image, i) => {
      const prediction = predictions[i];
      return prediction === undefined || broken.has(image) ? [] : [{ image, prediction }];
    });
  } finally {
    program.dispose();
    state.dispose();
  }
}

/** The tail, where there is one, and the head. */
function headGraph({ manifest, weights }: Model, rowShape: readonly number[], blockBytes: number): Graph {
  const { fineTuned, cut, head } = manifest;
  const builder = new GraphBuilder();
  let features = builder.input("features", ["batch", ...rowShape]);
  if (fineTuned !== undefined)
    features = addTail(builder, features, { ...tailOf(fineTuned, cut), trainable: new Set() }, weights);
  builder.output("probabilities", appendHead(builder, features, head).probabilities);
  return blockParameters(foldAndFuse(builder.build()), blockBytes);
}
