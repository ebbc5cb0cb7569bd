import {
  type Backend,
  calibrate,
  type Graph,
  type HostTensor,
  quantizeGraph,
  type TrunkWeights,
  trunkGraph,
} from "@graft/core";

/** The shape of work that speeds are told for: DESIGN's 150 × 150 images up to mixed7. */
export const SPEED_CASE = { cut: "mixed7", size: 150, pool: "avg" } as const;

/** Fastest of several runs: on a shared machine everything else is noise that only adds. */
export async function fastestMs(work: () => Promise<unknown>, runs: number): Promise<number> {
  await work();
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await work();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}

/** Images of a pass that is long enough to be measured. */
const BRIEF_BATCH = 8;
/** Of so many passes the fastest counts, as in `graft bench`, where they take no longer than a second; else of fewer. */
const BRIEF_RUNS = { most: 12, least: 2, ms: 1000 } as const;

/**
 * Images a second, measured in about `patienceMs`: on batches, or on single images where the engine is slow.
 * @param pass runs a batch of that many images, 1 or {@link BRIEF_BATCH}; all of it is timed.
 */
export async function briefSpeed(
  pass: (batch: number) => Promise<unknown>,
  patienceMs: number,
): Promise<number> {
  const single = async (): Promise<number> => {
    const start = performance.now();
    await pass(1);
    return performance.now() - start;
  };
  const first = await single();
  if (first > patienceMs / 2) return 1000 / first;
  // a GPU compiles in its first pass
  const second = await single();
  const passMs = BRIEF_BATCH * second;
  const { most, least, ms } = BRIEF_RUNS;
  // one more to warm up
  if ((1 + least) * passMs > patienceMs) return 1000 / Math.min(first, second);
  const runs = Math.min(most, Math.max(least, Math.floor(ms / passMs)));
  return (1000 * BRIEF_BATCH) / (await fastestMs(() => pass(BRIEF_BATCH), runs));
}

/** The trunk whose speed is told. */
export const speedGraph = (weights: TrunkWeights): Graph => trunkGraph(weights, SPEED_CASE);

/** The same on whole numbers of 8 bits. @param images that ranges are taken from; none for speed alone. */
export async function int8SpeedGraph(
  backend: Backend,
  weights: TrunkWeights,
  images: readonly Uint8Array[] = [],
): Promise<Graph> {
  const graph = speedGraph(weights);
  const { data } = anyImages(1);
  const any = data instanceof Uint8Array ? [data] : [];
  return quantizeGraph(graph, await calibrate({ graph, backend, images: images.length > 0 ? images : any }));
}

/** {@link briefSpeed} of a trunk: of the pass alone, for its pixels are made before. */
export async function briefTrunkSpeed(
  backend: Pick<Backend, "compile">,
  graph: Graph,
  patienceMs: number,
): Promise<number> {
  const [single, several] = [anyImages(1), anyImages(BRIEF_BATCH)];
  const program = await backend.compile(graph);
  try {
    return await briefSpeed((batch) => program.run({ images: batch === 1 ? single : several }), patienceMs);
  } finally {
    program.dispose();
  }
}

/** Images a second through the trunk, for each batch size; programs are compiled once and freed. */
export async function trunkSpeeds(
  backend: Backend,
  graph: Graph,
  batches: readonly { readonly batch: number; readonly runs: number }[],
): Promise<number[]> {
  const program = await backend.compile(graph);
  try {
    const speeds: number[] = [];
    for (const { batch, runs } of batches) {
      const images = anyImages(batch);
      speeds.push((1000 * batch) / (await fastestMs(() => program.run({ images }), runs)));
    }
    return speeds;
  } finally {
    program.dispose();
  }
}

/** Any pixels: no op of the trunk is faster for some values. */
export function anyImages(batch: number): HostTensor {
  const { size } = SPEED_CASE;
  const data = Uint8Array.from({ length: batch * size * size * 3 }, (_, i) => (i * 7919) % 256);
  return { shape: [batch, size, size, 3], data };
}
