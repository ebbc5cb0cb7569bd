import { decodePlain } from "./decode-plain-node.ts";
import { jpegChannels } from "./jpeg-channels.ts";
import { withCleanHeader } from "./jpeg-header.ts";
import type { DecodedImage } from "./types.ts";

/**
 * A JPEG, with Pillow's pixels. What libjpeg only grumbles about is read as others read it: libvips's "truncated" stops
 * at a file that ends before its picture does, and at nothing else. Most files draw no word and are decoded once. For one
 * that does, the header is put in order and decoded strictly: if that fails too, it is the pixels that are damaged, which
 * is said.
 * @throws libvips's own errors.
 */
export async function decodeJpeg(bytes: Uint8Array): Promise<DecodedImage> {
  const mayBeCmyk = jpegChannels(bytes) === 4;
  try {
    return { image: await decodePlain(bytes, { mayBeCmyk }) };
  } catch {
    const image = await decodePlain(bytes, { mayBeCmyk, failOn: "truncated" });
    const isSound = await decodePlain(withCleanHeader(bytes)).then(
      () => true,
      () => false,
    );
    return isSound ? { image } : { image, readings: ["damaged-jpeg"] };
  }
}
