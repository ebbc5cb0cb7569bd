import { isFrame, jpegSegments } from "./jpeg-segments.ts";
import { imageFormat } from "./sniff.ts";

const view = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** ITU-T T.81, B.2.2. */
function jpegSize(bytes: Uint8Array): number | undefined {
  for (const { marker, start, end } of jpegSegments(bytes))
    if (isFrame(marker) && end >= start + 9)
      return view(bytes).getUint16(start + 5) * view(bytes).getUint16(start + 7);
  return undefined;
}

/** RFC 9649, section 2: a lossy frame's header, a lossless one's, or that of a file with more than one part. */
function webpSize(bytes: Uint8Array): number | undefined {
  const data = view(bytes);
  const kind = String.fromCharCode(...bytes.subarray(12, 16));
  if (kind === "VP8 ") return (data.getUint16(26, true) & 0x3fff) * (data.getUint16(28, true) & 0x3fff);
  const numbers = kind === "VP8L" ? data.getUint32(21, true) : 0;
  if (kind === "VP8L") return ((numbers & 0x3fff) + 1) * (((numbers >>> 14) & 0x3fff) + 1);
  const wide = (at: number): number => (data.getUint32(at, true) & 0xffffff) + 1;
  return kind === "VP8X" ? wide(24) * wide(27) : undefined;
}

/**
 * Pixels of an image as its header says, in microseconds: for who wants to know what decoding it will cost. Nothing is promised
 * of what follows the header.
 * @returns undefined for a format whose header takes more than a look (TIFF, AVIF, Netpbm), and where none is found.
 * @throws CoreError `bad-input` as `imageFormat`.
 */
export function pixelsInHeader(bytes: Uint8Array): number | undefined {
  const format = imageFormat(bytes);
  const data = view(bytes);
  if (format === "jpeg") return jpegSize(bytes);
  if (bytes.length < 32) return undefined;
  if (format === "png") return data.getUint32(16) * data.getUint32(20);
  if (format === "gif") return data.getUint16(6, true) * data.getUint16(8, true);
  if (format === "bmp") return Math.abs(data.getInt32(18, true)) * Math.abs(data.getInt32(22, true));
  return format === "webp" ? webpSize(bytes) : undefined;
}
