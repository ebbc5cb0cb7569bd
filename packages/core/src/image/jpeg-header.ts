import { joinPieces } from "../files/join-pieces.ts";
import { jpegChannels } from "./jpeg-channels.ts";
import { isFrame, jpegSegments, START_OF_SCAN } from "./jpeg-segments.ts";

const APP0 = 0xe0;
const APP14 = 0xee;
/** Frames whose one scan has the whole range of frequencies: baseline and extended, with Huffman or arithmetic codes. */
const SEQUENTIAL = new Set([0xc0, 0xc1, 0xc9]);

const beginsWith = (segment: Uint8Array, name: string): boolean =>
  String.fromCharCode(...segment.subarray(4, 4 + name.length)) === name;

/**
 * The same JPEG without what libjpeg grumbles about in a header though no pixel hangs on it: bytes between segments, a
 * JFIF version that is not 1 (jdmarker.c, `JWRN_JFIF_MAJOR`), an Adobe transform that nobody defined (`JWRN_ADOBE_XFORM`),
 * and a first scan that calls itself a part of a progressive one (`JWRN_NOT_SEQUENTIAL`). If libjpeg still grumbles at
 * this, the pixel data is damaged.
 */
export function withCleanHeader(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [bytes.subarray(0, 2)];
  let data = 2;
  let frame = 0;
  const transform = jpegChannels(bytes) === 4 ? 2 : 1; // the one that libjpeg supposes: YCCK or YCbCr
  for (const { marker, start, end } of jpegSegments(bytes)) {
    const segment = new Uint8Array(bytes.subarray(start, end)); // a Buffer's `slice` would share the memory
    if (isFrame(marker)) frame = marker;
    if (marker === APP0 && beginsWith(segment, "JFIF\0")) segment[9] = 1;
    if (marker === APP14 && beginsWith(segment, "Adobe") && (segment[15] ?? 0) > 2) segment[15] = transform;
    if (marker === START_OF_SCAN && SEQUENTIAL.has(frame)) segment.set([0, 63, 0], segment.length - 3);
    parts.push(segment);
    data = end;
  }
  parts.push(bytes.subarray(data));
  return joinPieces(parts);
}
