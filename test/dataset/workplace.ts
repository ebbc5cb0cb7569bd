import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createRandom } from "@graft/core";
import { createImagePool, type OpenDatasetOptions, openDataset } from "@graft/core/node";
import sharp from "sharp";

/** A 40 × 30 PNG of noise: every seed is another picture, by content and by look. */
export async function picture(seed: number): Promise<Buffer> {
  const random = createRandom("picture", seed);
  const data = Uint8Array.from({ length: 40 * 30 * 3 }, () => random() * 256);
  // 4 × 3 large patches, so that a re-encoded copy still looks the same
  return sharp(data, { raw: { width: 40, height: 30, channels: 3 } })
    .blur(4)
    .normalise()
    .png()
    .toBuffer();
}

/** A home and a folder for inputs below one temporary folder, and what a test does with them. */
export async function openWorkplace() {
  const root = await mkdtemp(join(tmpdir(), "graft-dataset-"));
  const home = join(root, "home");
  const pool = createImagePool({ threads: 2 });
  const path = (name: string): string => join(root, "in", name);
  return {
    root,
    home,
    pool,
    path,
    /** Writes files by their paths; a null makes an empty folder. */
    async write(
      folder: string,
      files: Readonly<Record<string, Uint8Array | string | null>>,
    ): Promise<string> {
      for (const [name, content] of Object.entries(files)) {
        const target = path(join(folder, name));
        await mkdir(content === null ? target : dirname(target), { recursive: true });
        if (content !== null) await writeFile(target, content);
      }
      return path(folder);
    },
    open(name: string, options: Partial<OpenDatasetOptions> = {}) {
      const noNetwork = async (): Promise<Response> => {
        throw new Error("no network in this test");
      };
      const inspect = (file: string) => pool.inspect(file);
      return openDataset(name, { home, env: {}, fetch: noNetwork, inspect, ...options });
    },
    /** Starts all threads of the pool, which load what they need: another user may not get at it. */
    async warmUp(): Promise<void> {
      const file = join(root, "warm.png");
      await writeFile(file, await picture(0));
      await Promise.all(Array.from({ length: 2 * pool.threads }, () => pool.inspect(file)));
    },
    /** Names in the cache of archives, temporaries included. */
    unpacked: (): Promise<string[]> => readdir(join(home, "cache", "archives")).catch(() => []),
    async close(): Promise<void> {
      await pool.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

export type Workplace = Awaited<ReturnType<typeof openWorkplace>>;
