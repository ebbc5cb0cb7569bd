import { type Backend, type TrunkWeights, trunkGraph } from "@graft/core";

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

/** Images a second through the trunk, for each batch size; programs are compiled once and freed. */
export async function trunkSpeeds(
  backend: Backend,
  weights: TrunkWeights,
  batches: readonly { readonly batch: number; readonly runs: number }[],
): Promise<number[]> {
  const program = await backend.compile(trunkGraph(weights, SPEED_CASE));
  try {
    const { size } = SPEED_CASE;
    const speeds: number[] = [];
    for (const { batch, runs } of batches) {
      // any pixels: no op of the trunk is faster for some values
      const data = Uint8Array.from({ length: batch * size * size * 3 }, (_, i) => (i * 7919) % 256);
      const images = { shape: [batch, size, size, 3], data };
      speeds.push((1000 * batch) / (await fastestMs(() => program.run({ images }), runs)));
    }
    return speeds;
  } finally {
    program.dispose();
  }
}
