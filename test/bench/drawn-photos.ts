import { join } from "node:path";
import { createRandom } from "@graft/core";
import sharp from "sharp";

/** Writes JPEGs that cost about as much to decode as photos do: 500 × 375 pixels, patches with grain, 30 KB. */
export async function drawnPhotos(folder: string, count: number): Promise<void> {
  const [width, height] = [500, 375];
  for (let photo = 0; photo < count; photo++) {
    const random = createRandom("photo", photo);
    const small = Uint8Array.from({ length: 12 * 9 * 3 }, () => random() * 256);
    const patches = await sharp(small, { raw: { width: 12, height: 9, channels: 3 } })
      .resize(width, height)
      .raw()
      .toBuffer();
    const data = patches.map((value) => Math.max(0, Math.min(255, value + 24 * (random() - 0.5))));
    await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 80 })
      .toFile(join(folder, `${photo}.jpg`));
  }
}
