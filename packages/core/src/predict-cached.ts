import type { Backend } from "./backend.ts";
import type { DatasetImage } from "./dataset/types.ts";
import type { ImagePrediction } from "./evaluate.ts";
import type { Model } from "./export/types.ts";
import { extractFeatures } from "./features/extract.ts";
import { poolOf, recipeSpace, rowShapeOf } from "./features/recipe-space.ts";
import type { FeatureStore } from "./features/types.ts";
import { GraphBuilder } from "./graph/builder.ts";
import { type Graph, numElements } from "./graph/graph.ts";
import { blockParameters } from "./graph/passes/block-parameters.ts";
import { writeLogical } from "./graph/state.ts";
import { appendHead } from "./head/build.ts";
import { predictionsOf } from "./head/outputs.ts";
import type { Prediction } from "./metrics/types.ts";
import type { PrepareImage } from "./train/types.ts";
import { trunkGraph } from "./trunk/build.ts";

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
  const rowShape = rowShapeOf({ recipe: head.recipe, cut, size: rule.size });
  const broken = new Set<DatasetImage>();
  const recipe = { recipe: head.recipe, cut, cacheType: config.cacheType };
  const space = recipeSpace({ config: recipe, rule, weights: model.weights, augmentation: null, backend });
  const table = await extractFeatures({
    images: options.images,
    variants: [0],
    space,
    rowShape,
    store,
    prepare,
    decodeAhead,
    openProgram: () =>
      backend.compile(trunkGraph(model.weights, { cut, size: rule.size, pool: poolOf(head.recipe) })),
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

function headGraph({ manifest }: Model, rowShape: readonly number[], blockBytes: number): Graph {
  const builder = new GraphBuilder();
  const features = builder.input("features", ["batch", ...rowShape]);
  builder.output("probabilities", appendHead(builder, features, manifest.head).probabilities);
  return blockParameters(builder.build(), blockBytes);
}
