import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom, DECODER_VERSION, type FeatureKey, type FeatureSpace } from "@graft/core";
import { type FeatureStoreOptions, type NodeFeatureStore, openFeatureStore } from "@graft/core/node";

/** A space; `size` tells several apart. */
export const spaceOf = (size: number, change: Partial<FeatureSpace> = {}): FeatureSpace => ({
  decoder: DECODER_VERSION,
  rule: { version: 1, size, fit: "stretch", resize: "bilinear" },
  weights: "a".repeat(64),
  inputRange: [-1, 1],
  cut: "mixed7",
  pool: "avg",
  augmentation: null,
  cacheType: "float32",
  backend: "reference:cpu",
  engineVersion: "1",
  ...change,
});

export const keyOf = (image: number, variant = 0): FeatureKey => ({
  hash: createHash("sha256").update(`${image}`).digest("hex"),
  variant,
});

/** The row that belongs to an image: what a store gives back must be exactly this. */
export function rowOf(image: number, length: number): Float32Array {
  const random = createRandom("row", image);
  return Float32Array.from({ length }, random);
}

/** True when every bit is right (a matcher would take its time over long rows). */
export function isRowOf(row: Float32Array | undefined, image: number): boolean {
  return (
    row !== undefined &&
    Buffer.from(row.buffer, row.byteOffset, row.byteLength).equals(bytesOf(image, row.length))
  );
}

const bytesOf = (image: number, length: number): Uint8Array => new Uint8Array(rowOf(image, length).buffer);

/** A folder of its own for a cache, and what a test does with it. */
export async function openCacheFolder() {
  const root = await mkdtemp(join(tmpdir(), "graft-features-"));
  const folder = join(root, "features");
  const opened: NodeFeatureStore[] = [];
  return {
    folder,
    folders: { features: folder },
    async open(options: Partial<FeatureStoreOptions> = {}): Promise<NodeFeatureStore> {
      const store = await openFeatureStore({ folder, ...options });
      opened.push(store);
      return store;
    },
    /** Paths of all files with this ending. */
    async files(ending: string): Promise<string[]> {
      const names = await readdir(folder, { recursive: true });
      return names
        .filter((name) => name.endsWith(ending))
        .sort()
        .map((name) => join(folder, name));
    },
    read: (path: string): Promise<Buffer> => readFile(path),
    async close(): Promise<void> {
      for (const store of opened) await store.close();
      await rm(root, { recursive: true });
    },
  };
}
