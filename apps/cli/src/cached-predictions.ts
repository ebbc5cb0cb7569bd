import {
  appendHead,
  type Backend,
  blockParameters,
  type DatasetImage,
  extractFeatures,
  type FeatureStore,
  featureShape,
  featureSpace,
  type Graph,
  GraphBuilder,
  type ImagePrediction,
  type Model,
  numElements,
  type Prediction,
  type PrepareImage,
  predictionsOf,
  trunkGraph,
  writeLogical,
} from "@graft/core";

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
  const pool = head.recipe === "gap" ? "avg" : "none";
  const block = featureShape(cut, rule.size);
  const rowShape = pool === "avg" ? block.slice(2) : block;
  const broken = new Set<DatasetImage>();
  const space = featureSpace({
    rule,
    weights: model.weights,
    cut,
    pool,
    augmentation: null,
    cacheType: config.cacheType,
    backend,
  });
  const table = await extractFeatures({
    images: options.images,
    variants: [0],
    space,
    rowShape,
    store,
    prepare,
    decodeAhead,
    openProgram: () => backend.compile(trunkGraph(model.weights, { cut, size: rule.size, pool })),
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
