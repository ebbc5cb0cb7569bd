import { CoreError } from "../errors.ts";
import { TAGS, type TiffDirectory, tiffDirectories } from "./tiff-tags.ts";
import { CAMERA_RAW } from "./unread-formats.ts";
import type { DeclaredBits, WideType } from "./value-range.ts";

/** How a TIFF's bands and numbers are to be taken. */
export interface TiffPlan {
  /** Absent: 8 bits or fewer, or a kind of colour that libvips knows how to read (inks, Lab, a palette of 16 bits). */
  readonly wide?: WideType;
  /** Bands of colour, which come first. */
  readonly colours: 1 | 3 | 4;
  /** The band that is alpha. */
  readonly alpha?: number;
  /** Bands that are neither, which nobody says the meaning of. */
  readonly extras: number;
  readonly declared?: DeclaredBits;
  readonly zeroIsWhite: boolean;
}

/** PhotometricInterpretation: TIFF 6.0, section 4 and later ones, and DNG's two for the numbers of a camera's sensor. */
const PHOTOMETRIC = {
  whiteIsZero: 0,
  blackIsZero: 1,
  rgb: 2,
  palette: 3,
  separated: 5,
  yCbCr: 6,
  colourFilterArray: 32_803,
  linearRaw: 34_892,
} as const;

/** ExtraSamples that are alpha: premultiplied, not premultiplied, and what CorelDRAW writes. */
const ALPHA_KINDS = new Set([1, 2, 999]);

const REDUCED = 1;

const refused = (what: string, fix: string): CoreError => new CoreError("bad-input", { what, fix });

function refusePreviews(first: TiffDirectory, others: readonly TiffDirectory[]): void {
  const photometrics = [first, ...others].map((directory) => directory.numbers(TAGS.photometric)[0]);
  const isRaw =
    photometrics.some((kind) => kind === PHOTOMETRIC.colourFilterArray || kind === PHOTOMETRIC.linearRaw) ||
    first.numbers(TAGS.dngVersion).length > 0;
  const isPreview = ((first.numbers(TAGS.newSubfileType)[0] ?? 0) & REDUCED) !== 0 && others.length > 0;
  if (isRaw || (isPreview && first.numbers(TAGS.subIfds).length > 0))
    throw new CoreError("bad-input", { what: CAMERA_RAW.sentence }, { facts: { format: CAMERA_RAW.name } });
  if (isPreview)
    throw refused(
      "The first picture of this TIFF is only a preview of another one in it.",
      "Save the large picture as a file of its own.",
    );
}

/** The largest value that is possible in a 16-bit picture, or OME's SignificantBits. */
function declaredBits(directory: TiffDirectory): DeclaredBits | undefined {
  for (const tag of [TAGS.maxSampleValue, TAGS.sMaxSampleValue]) {
    const [largest = 0, ...others] = directory.numbers(tag);
    const bits = Math.log2(largest + 1);
    // as a mere statistic of the picture this tag has any value; as a statement, the top of a number of bits
    if (bits >= 8 && Number.isInteger(bits) && others.every((other) => other === largest))
      return { bits, from: "low" };
  }
  const significant = Number(
    /<Pixels\b[^>]*\bSignificantBits="(\d+)"/.exec(directory.text(TAGS.imageDescription))?.[1],
  );
  // microscopes' programs write 16 for anything that lies in 16 bits
  return significant >= 8 && significant < 16 ? { bits: significant, from: "low" } : undefined;
}

const EIGHT_BITS = "Save it with 8 bits a colour.";

function wideType(bits: number, format: number): WideType | undefined {
  // 4 is "undefined": whole numbers to everybody who reads it
  if (format === 1 || format === 4) {
    if (bits === 16) return "uint16";
    if (bits === 32) return "uint32";
    if (bits === 1 || bits === 2 || bits === 4 || bits === 8) return undefined;
    throw refused(`This TIFF has ${bits}-bit numbers, which graft cannot read.`, EIGHT_BITS);
  }
  if (format === 2) {
    if (bits === 32) return "int32";
    throw refused(
      `This TIFF has signed ${bits}-bit numbers, and nothing says which of them is black.`,
      EIGHT_BITS,
    );
  }
  if (format === 3) {
    if (bits === 32) return "float32";
    throw refused(
      `This TIFF has ${bits}-bit decimal numbers, which graft cannot read.`,
      `${EIGHT_BITS} Or as 32-bit numbers from 0 to 1.`,
    );
  }
  throw refused("This TIFF has complex numbers, which do not make a picture.", EIGHT_BITS);
}

/** Compressions of a TIFF that are JPEG's, the old and the new one. */
const JPEGS = new Set([6, 7]);

function coloursOf(photometric: number, directory: TiffDirectory): 1 | 3 | 4 | undefined {
  switch (photometric) {
    case PHOTOMETRIC.whiteIsZero:
    case PHOTOMETRIC.blackIsZero:
    case PHOTOMETRIC.palette:
      return 1;
    case PHOTOMETRIC.rgb:
      return 3;
    case PHOTOMETRIC.yCbCr: {
      // libvips turns these into RGB where they are JPEG's or have fewer pixels of colour, and takes them for RGB else
      const isWhole = directory.numbers(TAGS.yCbCrSubsampling).every((ratio) => ratio === 1);
      const isJpeg = JPEGS.has(directory.numbers(TAGS.compression)[0] ?? 1);
      if (isWhole && !isJpeg && directory.numbers(TAGS.yCbCrSubsampling).length > 0)
        throw refused(
          "This TIFF stores colours as YCbCr, which graft reads only in JPEGs.",
          "Save it in RGB.",
        );
      return 3;
    }
    case PHOTOMETRIC.separated:
      if (directory.numbers(TAGS.inkSet)[0] === 2)
        throw refused("This TIFF has inks other than cyan, magenta, yellow and black.", "Save it in RGB.");
      return 4;
    default:
      return undefined;
  }
}

/** Which of the bands after the colours is alpha, and how many of them mean nothing that is known. */
function bandsBeside(
  directory: TiffDirectory,
  colours: number,
): { readonly alpha?: number; readonly extras: number } {
  const count = (directory.numbers(TAGS.samplesPerPixel)[0] ?? 1) - colours;
  if (count <= 0) return { extras: 0 };
  const kinds = directory.numbers(TAGS.extraSamples);
  if (kinds.length < count && count + colours <= 4 && kinds.length === 0)
    throw refused(
      `This TIFF has ${count + colours} bands and does not say what the last ${count === 1 ? "one is" : `${count} are`}.`,
      "Save it with its colour bands only.",
    );
  const alphaAt = kinds.findIndex((kind) => ALPHA_KINDS.has(kind));
  const extras = alphaAt === -1 ? count : count - 1;
  if (colours === 1 && extras > 1)
    throw refused(
      `This TIFF has ${count + colours} bands, and nothing says which of them are red, green and blue.`,
      "Save these three as an RGB picture.",
    );
  return { extras, ...(alphaAt === -1 ? {} : { alpha: colours + alphaAt }) };
}

/**
 * What the tags of a TIFF say of its first picture. Bands of no stated meaning are left aside: the fourth one of a
 * camera for near infrared is no alpha (ExtraSamples 0, as in Pillow's RGB).
 * @throws CoreError `bad-input`, with advice: a camera's RAW file, a preview of a larger picture, numbers of a kind that
 *   is not read, bands of which nothing says what they are.
 */
export function tiffPlan(bytes: Uint8Array): TiffPlan {
  const [first, ...others] = tiffDirectories(bytes);
  const unsaid: TiffPlan = { colours: 3, extras: 0, zeroIsWhite: false };
  // too damaged to say anything: libvips tells how
  if (!first) return unsaid;
  refusePreviews(first, others);
  const photometric = first.numbers(TAGS.photometric)[0] ?? PHOTOMETRIC.blackIsZero;
  const colours = coloursOf(photometric, first);
  if (colours === undefined) return unsaid;
  const bands = bandsBeside(first, colours);
  const isPlainColour = colours !== 4 && photometric !== PHOTOMETRIC.palette;
  const wide = wideType(first.numbers(TAGS.bitsPerSample)[0] ?? 1, first.numbers(TAGS.sampleFormat)[0] ?? 1);
  const declared = wide === "uint16" ? declaredBits(first) : undefined;
  return {
    colours,
    ...bands,
    zeroIsWhite: photometric === PHOTOMETRIC.whiteIsZero,
    ...(isPlainColour && wide ? { wide } : {}),
    ...(declared && { declared }),
  };
}
