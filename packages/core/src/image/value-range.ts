import { CoreError } from "../errors.ts";
import { type ImageReading, NARROW_BITS } from "./readings.ts";

/** Numbers of more than 8 bits, as the files have them. */
export type WideType = "uint16" | "uint32" | "int32" | "float32";

/** How many bits of 16 a file says that its numbers have. */
export interface DeclaredBits {
  readonly bits: number;
  /** Whether they are the low ones (0 … 2^bits − 1), or either these or the high ones: PNG's sBIT means the high ones. */
  readonly from: "low" | "either";
}

/** What is known of the colours' values of a picture, alpha not among them. */
export interface ValueStatistics {
  readonly min: number;
  readonly max: number;
  /** No value is NaN or infinite. */
  readonly finite: boolean;
  /** All values are whole numbers. */
  readonly whole: boolean;
  /** The largest power of two that divides every value, at most 65,536; 1 where one is not whole. */
  readonly step: number;
  /** Every value is a byte written twice (a multiple of 257): an 8-bit picture in 16 bits. */
  readonly doubledBytes: boolean;
}

/** How a picture's values become bytes: `bits` of them are cut to 8, or `times` brings 0 … 1 to 0 … 255. */
export type ValueScale = { readonly bits: number } | { readonly times: 255 };

export interface ValueRange {
  readonly scale: ValueScale;
  readonly reading?: ImageReading;
}

/** What rounding may leave above 1 or below 0. */
const ROUNDING = 1e-6;

/** 16-bit numbers that reach the upper three quarters of their range are taken as filling it. */
const SURELY_FULL = 2 ** 14;

const FULL: ValueRange = { scale: { bits: 16 } };

const narrow = (bits: number): ValueRange | undefined => {
  const known = NARROW_BITS.find((each) => each === bits);
  return known && { scale: { bits: known }, reading: `bits-${known}-of-16` };
};

function declaredRange({ bits, from }: DeclaredBits, { max, step }: ValueStatistics): ValueRange | undefined {
  if (bits >= 16) return FULL;
  if (max >= 2 ** bits) return undefined; // a statement that does not hold
  if (from === "either" && step >= 2 ** (16 - bits)) return FULL;
  return narrow(bits);
}

/**
 * 16 bits. A dark photo and a photo of fewer bits cannot be told apart by the largest value alone, so more is asked for:
 *
 * - the file says how many bits its numbers have;
 * - they fill a number of bits to the very top (a step more would need another bit), as a photo with a white spot does;
 * - they are 8-bit numbers, shifted, that reach the upper half of a number of bits (a photo times 4, 16 or 64);
 * - or they are surely full: they reach 2^14, or are bytes that stand high or twice.
 *
 * What is left would be black to the eye or nearly so, and is refused.
 */
function wordRange(statistics: ValueStatistics, declared: DeclaredBits | undefined): ValueRange | undefined {
  const { min, max, step, doubledBytes } = statistics;
  const said = declared && declaredRange(declared, statistics);
  if (said) return said;
  if (max >= SURELY_FULL || step >= 256 || doubledBytes || min === max) return FULL;
  const toTheTop = NARROW_BITS.find((bits) => max + step === 2 ** bits);
  if (toTheTop !== undefined) return narrow(toTheTop);
  const shifted = NARROW_BITS.find((bits) => step > 1 && step * 256 === 2 ** bits && max >= 2 ** (bits - 1));
  return shifted === undefined ? undefined : narrow(shifted);
}

const figure = (value: number): string => String(Number(value.toPrecision(6)));

/**
 * How the values of a picture are to be taken: a pure function of the file, so that the same file is the same picture in
 * every data set.
 * @param name of the format, for messages.
 * @throws CoreError `bad-input`, with advice, where it is not clear.
 */
export function valueRange(
  name: string,
  type: WideType,
  statistics: ValueStatistics,
  declared?: DeclaredBits,
): ValueRange {
  const { min, max, finite, whole } = statistics;
  const received = `values from ${figure(min)} to ${figure(max)}`;
  const fix = "Adjust it until it looks right, and save it with 8 bits.";
  if (!finite)
    throw new CoreError("bad-input", {
      what: `This ${name} has pixels that are not numbers (NaN or infinite).`,
      fix: `Replace these pixels. ${fix}`,
    });
  if (type === "uint16") {
    const range = wordRange(statistics, declared);
    if (range) return range;
    throw new CoreError("bad-input", {
      what: `The values of this 16-bit ${name} end at ${max} of 65535, and nothing says whether the picture is dark or has fewer bits.`,
      fix,
    });
  }
  if (type === "float32" && min >= -ROUNDING && max <= 1 + ROUNDING)
    return { scale: { times: 255 }, reading: "unit-float" };
  // a decimal picture of 0 … 255 has something in its upper half; one that ends at 2.4 has another white
  const isBytes = min >= 0 && max < 256 && (whole || max >= 128);
  if (isBytes) return { scale: { bits: 8 }, reading: "bytes-in-wider" };
  const expected = type === "float32" ? "0 to 1 or 0 to 255" : "0 to 255";
  throw new CoreError("bad-input", {
    what: `This ${name} has 32-bit numbers, and nothing says which of them is white.`,
    received,
    expected,
    fix,
  });
}
