import { CoreError } from "../errors.ts";
import type { ImageFormat } from "./types.ts";

const ascii = (bytes: Uint8Array, from: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(from, from + length));

/** HEIF's brands whose pixels are HEVC, which no free decoder here reads. */
const HEIC_BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx"]);

const REFUSED = {
  heic: "Convert it to JPEG first (on an iPhone: Settings, Camera, Formats, Most Compatible).",
  svg: "Export it as PNG first: a drawing has no pixels of its own.",
} as const;

/** The major brand and the compatible brands of an ISO media file's `ftyp` box. */
function mediaBrands(bytes: Uint8Array): readonly string[] {
  if (ascii(bytes, 4, 4) !== "ftyp") return [];
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const end = Math.min(size, bytes.length, 256);
  const brands = [ascii(bytes, 8, 4)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(ascii(bytes, at, 4));
  return brands;
}

function sniff(bytes: Uint8Array): ImageFormat | keyof typeof REFUSED | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "jpeg";
  const start = ascii(bytes, 0, 12);
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (start.startsWith("GIF87a") || start.startsWith("GIF89a")) return "gif";
  if (start.startsWith("RIFF") && start.endsWith("WEBP")) return "webp";
  if (start.startsWith("II*\0") || start.startsWith("MM\0*")) return "tiff";
  if (start.startsWith("BM") && bytes.length >= 26) return "bmp";
  const brands = bytes.length >= 16 ? mediaBrands(bytes) : [];
  if (brands.includes("avif") || brands.includes("avis")) return "avif";
  if (brands.some((brand) => HEIC_BRANDS.has(brand) || brand === "mif1")) return "heic";
  const text = ascii(bytes, 0, 1024).trimStart().toLowerCase();
  if (/^(\ufeff|ï»¿)?\s*<(\?xml|!doctype svg|!--|svg)/.test(text) && text.includes("<svg")) return "svg";
  return undefined;
}

/**
 * The format by the first bytes; names and endings are not looked at.
 * @throws CoreError `bad-input`: empty, not an image, or a format that is refused with advice (HEIC, SVG).
 */
export function imageFormat(bytes: Uint8Array): ImageFormat {
  const expected = "a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF image";
  if (bytes.length === 0) throw new CoreError("bad-input", { what: "The file is empty.", expected });
  const format = sniff(bytes);
  if (format === undefined) throw new CoreError("bad-input", { what: "The file is not an image.", expected });
  if (format === "heic" || format === "svg") {
    const what = `${format.toUpperCase()} images are not read.`;
    throw new CoreError("bad-input", { what, expected, fix: REFUSED[format] }, { facts: { format } });
  }
  return format;
}
