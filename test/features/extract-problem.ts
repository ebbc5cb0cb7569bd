import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DatasetImage,
  type ExtractOptions,
  type Graph,
  GraphBuilder,
  type PrepareImage,
  type Program,
  preparedBy,
} from "@graft/core";
import { createImagePool } from "@graft/core/node";
import { createReferenceBackend, testRandom } from "@graft/core/testing";
import sharp from "sharp";
import { spaceOf } from "./rows.ts";

/** Side of the images that the trunk sees. */
const SIZE = 8;
/** Not a divisor of the number of images. */
const BATCH = 4;

/** A trunk that is one convolution: images [batch, 8, 8, 3] → features [batch, 2, 2, 5]. */
function smallTrunk(): Graph {
  const random = testRandom(3);
  const b = new GraphBuilder();
  const kernel = Float32Array.from({ length: 4 * 4 * 3 * 5 }, () => random.next() - 0.5);
  const x = b.scale(b.input("images", ["batch", SIZE, SIZE, 3], "uint8"), 1 / 127.5, -1);
  const options = { strides: [4, 4], padding: "valid", activation: "relu" } as const;
  b.output("features", b.conv2d(x, b.constant("kernel", [4, 4, 3, 5], kernel), options));
  return b.build();
}

/** A PNG whose every seed is another picture. */
async function picture(seed: number): Promise<Buffer> {
  const random = testRandom(seed + 1);
  const data = Uint8Array.from({ length: 12 * 10 * 3 }, () => random.next() * 256);
  return sharp(data, { raw: { width: 12, height: 10, channels: 3 } })
    .png()
    .toBuffer();
}

/** Real files, decoded by the real pool, and a small real trunk on the reference backend, with what it was asked for. */
export async function openProblem(numImages: number) {
  const root = await mkdtemp(join(tmpdir(), "graft-extract-"));
  const pool = createImagePool({ threads: 2 });
  const backend = createReferenceBackend();
  const asked = { compiled: 0, disposed: 0, batches: [] as number[], prepared: [] as string[] };
  const add = async (name: string, content: Uint8Array | string): Promise<DatasetImage> => {
    const path = join(root, name);
    await writeFile(path, content);
    const { hash, bytes, facts } = await pool.inspect(path);
    return { path: name, hash, bytes, facts, label: 0 };
  };
  const images = await Promise.all(
    Array.from({ length: numImages }, async (_, seed) => add(`${seed}.png`, await picture(seed))),
  );
  const prepare: PrepareImage = preparedBy("drawn-1", (image, rule, augmentation, variants) => {
    asked.prepared.push(image.path);
    return pool.prepare({ path: join(root, image.path), hash: image.hash }, rule, augmentation, variants);
  });
  const openProgram = async (): Promise<Program> => {
    asked.compiled++;
    const program = await backend.compile(smallTrunk());
    return {
      run: (inputs) => {
        asked.batches.push(inputs.images?.shape[0] ?? 0);
        return program.run(inputs);
      },
      dispose: () => {
        asked.disposed++;
        program.dispose();
      },
    };
  };
  const base = {
    ...{ images, variants: [0], space: spaceOf(SIZE), rowShape: [2, 2, 5], store: null },
    ...{ prepare, openProgram, decodeAhead: 3, batch: BATCH },
  };
  return {
    root,
    images,
    asked,
    add,
    options: (change: Partial<ExtractOptions> = {}): ExtractOptions => ({ ...base, ...change }),
    async close(): Promise<void> {
      await pool.close();
      await backend.dispose();
      await rm(root, { recursive: true });
    },
  };
}
