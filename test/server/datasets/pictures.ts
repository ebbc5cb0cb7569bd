import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { picture } from "../../dataset/workplace.ts";
import type { Files } from "./open-datasets.ts";

/** Pictures of noise, each another one: `count` in each folder, whose numbers go on from `from`. */
export async function noise(folders: readonly string[], count: number, from = 0): Promise<Files> {
  const files: Record<string, Uint8Array> = {};
  for (const [at, folder] of folders.entries())
    for (let number = 0; number < count; number++) {
      const name = `${folder === "" ? "" : `${folder}/`}${from + number}.png`;
      files[name] = await picture(from + at * 1000 + number);
    }
  return files;
}

/** The same picture in other bytes. */
export const reencoded = async (bytes: Uint8Array): Promise<Uint8Array> =>
  sharp(bytes).webp({ quality: 90 }).toBuffer();

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  crc.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, crc]);
}

/** A PNG that promises more pixels than are decoded, and holds next to none. */
export function hugePng(): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(60_000, 0);
  header.writeUInt32BE(60_000, 4);
  header.set([8, 2], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const rows = deflateSync(Buffer.alloc(1000));
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", rows),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

export const SVG = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
);
/** The first bytes of a photo of a telephone. */
export const HEIC = Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1");
