import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, sep } from "node:path";
import type { ImagePool } from "../image/pool.ts";
import type { ForeignImages } from "./foreign-images.ts";
import { EMOJI_FOLDER } from "./known-sets-node.ts";
import { preparedBy } from "./prepare-image.ts";

/** One batch of the trunk on most engines: half a second, once for each kind of features. */
const IMAGES = 32;

async function chosenPaths(): Promise<string[]> {
  if (!existsSync(EMOJI_FOLDER)) return [];
  const names = await readdir(EMOJI_FOLDER, { recursive: true });
  const paths = names.filter((name) => name.endsWith(".webp")).sort();
  const chosen = Array.from({ length: IMAGES }, (_, i) => paths[Math.floor((i * paths.length) / IMAGES)]);
  return chosen.flatMap((path) => path?.replaceAll(sep, "/") ?? []);
}

/** Some of the embedded emoji, evenly over the set: what a new model says of pictures that are no photos of its classes. */
export function emojiSample(pool: ImagePool): ForeignImages {
  const pathOf = (path: string): string => join(EMOJI_FOLDER, path);
  return {
    name: "emoji",
    images: async () =>
      Promise.all(
        (await chosenPaths()).map(async (path) => ({
          path,
          label: 0,
          ...(await pool.inspect(pathOf(path))),
        })),
      ),
    prepare: preparedBy(pool.decoder, ({ path, hash }, rule, augmentation, variants) =>
      pool.prepare({ path: pathOf(path), hash }, rule, augmentation, variants),
    ),
  };
}
