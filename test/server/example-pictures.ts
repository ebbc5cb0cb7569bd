import { createHash } from "node:crypto";
import sharp from "sharp";

/** A picture file of the example data. */
export interface ExamplePicture {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** sha256, hex. */
  readonly hash: string;
}

const made = new Map<number, Promise<ExamplePicture>>();

async function draw(number: number): Promise<ExamplePicture> {
  // stripes, each picture's of another width and colour
  const side = 48;
  const pixels = Uint8Array.from({ length: side * side * 3 }, (_, at) => {
    const column = Math.floor(at / 3) % side;
    return Math.floor(column / (2 + number)) % 2 === 0 ? 40 + 20 * number : 90 * (at % 3);
  });
  const raw = { width: side, height: side, channels: 3 } as const;
  const bytes = Uint8Array.from(await sharp(pixels, { raw }).png().toBuffer());
  return { bytes, hash: createHash("sha256").update(bytes).digest("hex") };
}

/** Small PNGs, drawn once: the same number is the same picture. */
export function examplePicture(number: number): Promise<ExamplePicture> {
  const picture = made.get(number) ?? draw(number);
  made.set(number, picture);
  return picture;
}

/** Of an upload whose bytes are all here. */
export const SENT_PICTURE = 9;

/** The small one of a picture, as an import makes it. */
export async function exampleThumbnail({ bytes }: ExamplePicture): Promise<Uint8Array<ArrayBuffer>> {
  return Uint8Array.from(await sharp(bytes).webp().toBuffer());
}
