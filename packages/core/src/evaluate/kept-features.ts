import type { Backend, Program } from "../backend/backend.ts";
import type { FeatureStore } from "../features/types.ts";
import { GraphBuilder } from "../graph/builder.ts";
import { type Graph, numElements } from "../graph/graph.ts";
import { foldAndFuse } from "../graph/passes/fold-and-fuse.ts";
import type { DecoderId } from "../image/decoder-version.ts";
import type { PooledImage } from "../metrics/training-distance.ts";
import type { Model } from "../model/types.ts";
import { addTunedTail, modelRows } from "../predict/model-rows.ts";

/** Pooled features [channels] of those of the images, given by content, of which a training left something in the cache. */
export type KeptFeatures = (hashes: readonly string[]) => Promise<PooledImage[]>;

/** What is left of the network over kept rows: the tail that was trained, if any, and the mean over the pixels. */
function poolingGraph(model: Model, rowShape: readonly number[]): Graph {
  const builder = new GraphBuilder();
  const features = addTunedTail(builder, builder.input("rows", ["batch", ...rowShape]), model);
  builder.output("pooled", builder.globalAveragePool(features));
  return foldAndFuse(builder.build());
}

interface KeptRow {
  readonly hash: string;
  readonly row: Float32Array;
}

async function pooledRows(
  program: Program,
  kept: readonly KeptRow[],
  rowShape: readonly number[],
): Promise<PooledImage[]> {
  if (kept.length === 0) return [];
  const data = new Float32Array(kept.length * numElements(rowShape));
  for (const [i, { row }] of kept.entries()) data.set(row, i * row.length);
  const { pooled } = await program.run({ rows: { shape: [kept.length, ...rowShape], data } });
  const means = Float32Array.from(pooled?.data ?? []);
  const channels = means.length / kept.length;
  return kept.map(({ hash }, i) => ({ hash, pooled: means.slice(i * channels, (i + 1) * channels) }));
}

/**
 * Features at a model's cut from what its training left in the cache: the cut's own, or those that a fine-tuned tail starts
 * from.
 */
export function keptFeatures(
  model: Model,
  backend: Backend,
  { store, decoder }: { readonly store: FeatureStore; readonly decoder: DecoderId },
): KeptFeatures {
  const { space, rowShape } = modelRows(model, backend, decoder);
  const keptOf = async (hashes: readonly string[]): Promise<KeptRow[]> => {
    const keys = hashes.map((hash) => ({ hash, variant: 0 }));
    const rows = await store.getMany(space, keys);
    return keys.flatMap(({ hash }, i) => {
      const row = rows[i];
      return row ? [{ hash, row }] : [];
    });
  };
  return async (hashes) => {
    // pooled before they were kept
    if (rowShape.length === 1) return (await keptOf(hashes)).map(({ hash, row }) => ({ hash, pooled: row }));
    const batch = Math.max(1, backend.limits.preferredBatch);
    const program = await backend.compile(poolingGraph(model, rowShape));
    try {
      const pooled: PooledImage[] = [];
      for (let start = 0; start < hashes.length; start += batch)
        pooled.push(
          ...(await pooledRows(program, await keptOf(hashes.slice(start, start + batch)), rowShape)),
        );
      return pooled;
    } finally {
      program.dispose();
    }
  };
}
