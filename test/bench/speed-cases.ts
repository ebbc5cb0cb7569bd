// Work that Node's engines and a browser's are timed on alike; made from seeds, so that nothing has to cross between them.
import {
  type Backend,
  calibrate,
  createOptimizer,
  createRandom,
  type Graph,
  HEAD_INPUTS,
  type HostTensor,
  headGraphs,
  headSpec,
  initialHeadValues,
  parseTrainConfig,
  quantizeGraph,
  trunkGraph,
  writeLogical,
} from "@graft/core";
import { randomTrunkWeights } from "../train/random-trunk.ts";

const [CUT, SIZE, IMAGES] = ["mixed7", 150, 8] as const;
/** Share of mixed7's features that are exactly 0, as relu leaves them (DESIGN 3). */
const ZEROS = 0.84;

/** Fastest of several runs: on a shared machine everything else is noise that only adds. */
async function fastestMs(work: () => Promise<unknown>, runs: number): Promise<number> {
  await work();
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}

const randomImages = (count: number): HostTensor => {
  const random = createRandom("bench-images");
  const shape = [count, SIZE, SIZE, 3];
  return { shape, data: Uint8Array.from({ length: count * SIZE * SIZE * 3 }, () => random() * 256) };
};

async function imagesPerSecond(backend: Backend, graph: Graph): Promise<number> {
  const [program, images] = [await backend.compile(graph), randomImages(IMAGES)];
  try {
    return (1000 * IMAGES) / (await fastestMs(() => program.run({ images }), 3));
  } finally {
    program.dispose();
  }
}

/** Milliseconds of one step of the recipe classic's head: batch 20, 37632 → 1024 → 1, RMSprop. */
async function classicStepMs(backend: Backend): Promise<number> {
  const config = parseTrainConfig({ recipe: "classic" });
  const spec = headSpec(config, 2);
  const rowShape = [7, 7, 768];
  const optimizer = createOptimizer({ name: config.optimizer });
  const { train } = headGraphs({ spec, rowShape, optimizer, blockBytes: backend.limits.blockBytes });
  const [program, state] = [await backend.compile(train), await backend.createState(train)];
  const random = createRandom("bench-features");
  const { batchSize: batch } = config;
  const tensor = (shape: readonly number[], value: (i: number) => number): HostTensor => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((product, dim) => product * dim, 1) }, (_, i) => value(i)),
  });
  try {
    await writeLogical(state, train, initialHeadValues(spec, rowShape, config.seed));
    const inputs: Record<string, HostTensor> = {
      [HEAD_INPUTS.features]: tensor([batch, ...rowShape], () => (random() < ZEROS ? 0 : 0.5)),
      [HEAD_INPUTS.labels]: tensor([batch, spec.units], (i) => i % 2),
      [HEAD_INPUTS.sampleWeights]: tensor([batch], () => 1 / batch),
      [HEAD_INPUTS.dropoutMask]: tensor([batch, spec.hidden], (i) => (i % 5 === 0 ? 0 : 1.25)),
      ...optimizer.scalars({ step: 1, learningRate: config.learningRate }),
    };
    return await fastestMs(() => program.run(inputs, state), 5);
  } finally {
    state.dispose();
    program.dispose();
  }
}

/** Figures of one engine, larger of rates and smaller of times is better. */
export interface EngineSpeed {
  readonly trunkImagesPerSecond: number;
  /** The trunk on whole numbers of 8 bits, for an engine that has them. */
  readonly trunkInt8ImagesPerSecond?: number;
  readonly classicStepMs: number;
}

/** Graphs whose weights take a while to make. */
let trunk: Graph | undefined;

/** InceptionV3 to mixed7 at 150 pixels on batches of 8, pooled, and a step of the classic head. */
export async function engineSpeed(backend: Backend): Promise<EngineSpeed> {
  trunk ??= trunkGraph(randomTrunkWeights(CUT), { cut: CUT, size: SIZE, pool: "avg" });
  const graph = trunk;
  const trunkImagesPerSecond = await imagesPerSecond(backend, graph);
  const step = await classicStepMs(backend);
  if (!backend.limits.int8) return { trunkImagesPerSecond, classicStepMs: step };
  const { data } = randomImages(1);
  const images = data instanceof Uint8Array ? [data] : [];
  const quantized = quantizeGraph(graph, await calibrate({ graph, backend, images }));
  return {
    trunkImagesPerSecond,
    trunkInt8ImagesPerSecond: await imagesPerSecond(backend, quantized),
    classicStepMs: step,
  };
}
