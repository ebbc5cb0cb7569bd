import { CoreError } from "../errors.ts";
import type { ImageFormat } from "./types.ts";
import { unreadByContent } from "./unread-formats.ts";

const ascii = (bytes: Uint8Array, from: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(from, from + length));

/** 42, "*", is a plain TIFF's number, 43, "+", that of one with 64-bit offsets. */
const TIFF_MARKS = ["II*\0", "MM\0*", "II+\0", "MM\0+"] as const;

/** HEIF's brands whose pixels are HEVC, which no free decoder here reads. */
const HEIC_BRANDS = new Set(["heic", "heix", "heim", "heis", "hevc", "hevx"]);

const REFUSED = {
  heic: "Convert it to JPEG first (on an iPhone: Settings, Camera, Formats, Most Compatible).",
  svg: "Export it as PNG first: a drawing has no pixels of its own.",
} as const;

/** A file's first bytes that are looked at: an SVG's first tag may come late. */
const LOOKED_AT = 1024;

/** Between the words of a Netpbm header: white space, and comments up to the end of their line. */
const GAP = String.raw`(?:\s|#[^\r\n]*[\r\n])+`;
/** Magic, width and height, so that a text that begins with "P1" is none. https://netpbm.sourceforge.net/doc/ppm.html */
const PNM_HEADER = new RegExp(String.raw`^P([1-6])(?=\s)${GAP}\d{1,10}${GAP}\d{1,10}[\s#]`);
const PAM_HEADER = /^P7\n(?:#|WIDTH|HEIGHT|DEPTH|MAXVAL|TUPLTYPE|ENDHDR)/;
const PNM_FORMATS = ["pbm", "pgm", "ppm"] as const;

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
  if (TIFF_MARKS.some((mark) => start.startsWith(mark))) return "tiff";
  if (start.startsWith("BM") && bytes.length >= 26) return "bmp";
  const brands = bytes.length >= 16 ? mediaBrands(bytes) : [];
  if (brands.includes("avif") || brands.includes("avis")) return "avif";
  if (brands.some((brand) => HEIC_BRANDS.has(brand) || brand === "mif1")) return "heic";
  const text = ascii(bytes, 0, LOOKED_AT);
  const pnm = PNM_HEADER.exec(text);
  if (pnm) return PNM_FORMATS[(Number(pnm[1]) - 1) % 3];
  if (PAM_HEADER.test(text)) return "pam";
  const markup = text.trimStart().toLowerCase();
  if (/^(\ufeff|ï»¿)?\s*<(\?xml|!doctype svg|!--|svg)/.test(markup) && markup.includes("<svg")) return "svg";
  return undefined;
}

/**
 * The format by the first bytes; names and endings are not looked at.
 * @throws CoreError `bad-input`: empty, not an image, or a format that is refused with advice (HEIC, SVG and those of
 *   `UNREAD_FORMATS`), which then is `facts.format`.
 */
export function imageFormat(bytes: Uint8Array): ImageFormat {
  const expected = "a JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or PPM image";
  if (bytes.length === 0) throw new CoreError("bad-input", { what: "The file is empty.", expected });
  const format = sniff(bytes);
  // a camera's RAW file may be a TIFF by its first bytes; what else is known is not asked further
  const unread =
    format === undefined || format === "tiff" ? unreadByContent(bytes, ascii(bytes, 0, 256)) : undefined;
  if (unread) throw new CoreError("bad-input", { what: unread.sentence }, { facts: { format: unread.name } });
  if (format === undefined) throw new CoreError("bad-input", { what: "The file is not an image.", expected });
  if (format === "heic" || format === "svg") {
    const what = `graft cannot read ${format.toUpperCase()} images.`;
    throw new CoreError("bad-input", { what, expected, fix: REFUSED[format] }, { facts: { format } });
  }
  return format;
}
