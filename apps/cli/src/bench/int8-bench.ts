import { checkInt8 } from "@graft/backend-select";
import { type Backend, calibrationPixels, type Graph, INT8_WORTHWHILE, type TrunkWeights } from "@graft/core";
import type { Session } from "../session/session.ts";
import { int8SpeedGraph, SPEED_CASE, speedGraph, trunkSpeeds } from "./trunk-speed.ts";

/** The trunk on whole numbers: how fast, and how near to float32. */
export interface Int8Bench {
  readonly figures: {
    readonly trunkInt8Batch32ImagesPerSecond: number;
    readonly trunkInt8Batch1ImagesPerSecond: number;
    /** Of pooled features to those in float32: the least of the data set's calibration images. */
    readonly int8WorstCosine: number;
  };
  /** Why int8 must not be used here. */
  readonly wrong?: string;
}

const RULE = { version: 1, size: SPEED_CASE.size, fit: "stretch", resize: "bilinear" } as const;

async function pooled(
  backend: Backend,
  graph: Graph,
  images: readonly Uint8Array[],
): Promise<Float32Array[]> {
  const program = await backend.compile(graph);
  try {
    const rows: Float32Array[] = [];
    for (const data of images) {
      const { size } = SPEED_CASE;
      const { features } = await program.run({ images: { shape: [1, size, size, 3], data } });
      rows.push(Float32Array.from(features?.data ?? []));
    }
    return rows;
  } finally {
    program.dispose();
  }
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? 0;
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  return product / Math.sqrt(squaresA * squaresB);
}

/** Calibrates on images of the data set, then times and compares. */
export async function int8Bench(
  session: Session,
  options: {
    readonly backend: Backend;
    readonly weights: TrunkWeights;
    readonly dataset: string;
    readonly runs: readonly { readonly batch: number; readonly runs: number }[];
  },
): Promise<Int8Bench> {
  const { backend, weights, runs } = options;
  session.status("Timing the trunk in int8 …");
  const { wrong } = await checkInt8(backend);
  const { dataset, prepare } = await session.dataset(options.dataset);
  const images = await calibrationPixels({ images: dataset.images, rule: RULE, prepare });
  const graph = await int8SpeedGraph(backend, weights, images);
  const [batch32 = 0, batch1 = 0] = await trunkSpeeds(backend, graph, runs);
  const [plain, whole] = [
    await pooled(backend, speedGraph(weights), images),
    await pooled(backend, graph, images),
  ];
  const figures = {
    trunkInt8Batch32ImagesPerSecond: batch32,
    trunkInt8Batch1ImagesPerSecond: batch1,
    int8WorstCosine: Math.min(...plain.map((row, i) => cosine(row, whole[i] ?? row))),
  };
  return wrong === undefined ? { figures } : { figures, wrong };
}

/** Lines of the bench's table. */
export function int8Rows(
  { figures, wrong }: Int8Bench,
  plain: { readonly batch32: number; readonly batch1: number },
): string[][] {
  const times = (whole: number, float: number): string =>
    `${whole.toFixed(0)} images/s, ${(whole / float).toFixed(2)} × float32`;
  const { trunkInt8Batch32ImagesPerSecond: batch32, trunkInt8Batch1ImagesPerSecond: batch1 } = figures;
  const gains = Math.max(batch32 / plain.batch32, batch1 / plain.batch1);
  return [
    ["trunk in int8, batch 32", times(batch32, plain.batch32)],
    ["trunk in int8, batch 1", times(batch1, plain.batch1)],
    ["its features' cosine to float32's", `${figures.int8WorstCosine.toFixed(4)} at worst`],
    ...(wrong === undefined ? [] : [["int8 is not usable here", wrong]]),
    ...(gains < INT8_WORTHWHILE ? [["int8 on this processor", "no gain: stay with float32"]] : []),
  ];
}
