import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { testRandom } from "@graft/core/testing";
import sharp from "sharp";
import { zipOf } from "../dataset/zip-writer.ts";
import { sha256 } from "./stubborn-client.ts";

const EMOJI = join(import.meta.dirname, "../../packages/core/assets/emoji");
const CLASSES = ["animal", "food"];
/** Of each class, in files of their own and in the archive. */
const LOOSE = 8;
const PACKED = 4;
/** Its file has more than 4 MiB, as what is sent in pieces. */
const LARGE_SIDE = 1250;

/** What is brought in one round: no two rounds have a picture in common. */
export interface RoundPictures {
  /** By path: "animal/ant.png". */
  readonly loose: ReadonlyMap<string, Buffer<ArrayBuffer>>;
  /** A zip of such. */
  readonly archive: Buffer<ArrayBuffer>;
  /** All of both, "class sha256", in order. */
  readonly all: readonly string[];
}

/** A picture of which no program makes less than its pixels. */
async function largePicture(seed: number): Promise<Buffer> {
  const random = testRandom(seed);
  const pixels = Buffer.from(Uint8Array.from({ length: LARGE_SIDE ** 2 * 3 }, () => random.int(0, 255)));
  const raw = { width: LARGE_SIDE, height: LARGE_SIDE, channels: 3 } as const;
  return sharp(pixels, { raw }).png({ compressionLevel: 0 }).toBuffer();
}

const owned = (bytes: Uint8Array): Buffer<ArrayBuffer> => Buffer.from(new Uint8Array(bytes).buffer);

/** @param round from 0 to 18: there are so many emoji. */
export async function roundPictures(round: number): Promise<RoundPictures> {
  const loose = new Map<string, Buffer<ArrayBuffer>>();
  const packed = new Map<string, Buffer>();
  for (const label of CLASSES) {
    const names = (await readdir(join(EMOJI, label))).sort().slice((LOOSE + PACKED) * round);
    for (const [at, name] of names.slice(0, LOOSE + PACKED).entries()) {
      const bytes = await readFile(join(EMOJI, label, name));
      if (at < LOOSE) loose.set(`${label}/${name}`, owned(bytes));
      else packed.set(`${label}/${name}`, bytes);
    }
  }
  packed.set("food/large.png", await largePicture(round));
  const all = [...loose, ...packed].map(([path, bytes]) => `${path.split("/")[0]} ${sha256(bytes)}`);
  const archive = owned(zipOf([...packed].map(([name, content]) => ({ name, content, method: "stored" }))));
  return { loose, archive, all: all.sort() };
}
