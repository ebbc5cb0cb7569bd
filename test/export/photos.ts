import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { applyRule, type ImageRule } from "@graft/core";
import { nodeDecoder } from "../../packages/core/src/image/decode-node.ts";

/** The first `count` photos of each folder, through the rule: [size, size, 3] uint8 each. */
export async function preparedPhotos(
  folders: readonly string[],
  count: number,
  rule: ImageRule,
): Promise<Uint8Array[]> {
  const photos: Uint8Array[] = [];
  for (const folder of folders) {
    const names = (await readdir(folder)).sort().slice(0, count);
    for (const name of names)
      photos.push(applyRule(await nodeDecoder.decode(await readFile(join(folder, name))), rule));
  }
  return photos;
}
