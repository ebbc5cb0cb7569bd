import { isOneColour, type WideNumbers } from "./one-colour.ts";
import { overWhite } from "./over-white.ts";
import type { ImageReading } from "./readings.ts";
import type { RgbImage } from "./types.ts";
import {
  type DeclaredBits,
  type ValueScale,
  type ValueStatistics,
  valueRange,
  type WideType,
} from "./value-range.ts";

/** A decoded picture whose numbers are still those of its file. */
export interface WideImage extends WideNumbers {
  readonly width: number;
  readonly height: number;
}

/** What its numbers are. */
export interface WideFacts {
  /** Of the format, for messages. */
  readonly name: string;
  readonly type: WideType;
  /** Bands of colour, which come first. */
  readonly colours: 1 | 3;
  readonly alpha?: number;
  readonly zeroIsWhite: boolean;
  readonly declared?: DeclaredBits;
}

/** Divides every whole number that fits in 16 bits. */
const LARGEST_STEP = 65_536;

/** Looks at all values of the first `colours` bands; with `top`, at how far they are from it (a picture where 0 is white). */
function statisticsOf({ data, bands }: WideImage, colours: number, top: number | undefined): ValueStatistics {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let finite = true;
  let whole = true;
  let doubledBytes = true;
  let bits = 0;
  for (let pixel = 0; pixel < data.length; pixel += bands)
    for (let band = 0; band < colours; band++) {
      const stored = data[pixel + band] ?? 0;
      const value = top === undefined ? stored : top - stored;
      if (value < min) min = value;
      if (value > max) max = value;
      if (value - value !== 0) finite = false;
      else if (value !== Math.floor(value)) whole = false;
      bits |= value;
      if ((value & 0xff) !== value >> 8) doubledBytes = false;
    }
  const step = !whole ? 1 : bits === 0 ? LARGEST_STEP : Math.min(LARGEST_STEP, bits & -bits);
  return { min, max, finite, whole, doubledBytes, step };
}

function byteScale(scale: ValueScale): (value: number) => number {
  if ("times" in scale) return (value) => Math.min(255, Math.max(0, Math.floor(value * scale.times + 0.5)));
  const shift = scale.bits - 8;
  return (value) => Math.min(255, value >> shift);
}

/**
 * Brings numbers of 16 and 32 bits to bytes by `valueRange`'s rule: bits below the upper 8 are cut off, alpha is laid
 * over white, grey becomes three equal channels, bands that are neither colour nor alpha are left aside.
 * @throws CoreError `bad-input` where it is not clear what the numbers mean.
 */
export function wideToRgb(
  image: WideImage,
  facts: WideFacts,
): {
  readonly image: RgbImage;
  readonly readings: readonly ImageReading[];
  /** The numbers fill 16 bits. */
  readonly isFull: boolean;
} {
  const { width, height, bands, data } = image;
  const { name, type, colours, alpha, zeroIsWhite, declared } = facts;
  // libvips has turned whole numbers over already; their bits are counted from the other end
  const statistics = statisticsOf(image, colours, zeroIsWhite && type === "uint16" ? 65_535 : undefined);
  const { scale, reading } = valueRange(name, type, statistics, declared);
  const toByte = byteScale(scale);
  const byteOf = (stored: number): number => {
    if (!zeroIsWhite) return toByte(stored);
    return 255 - toByte(type === "uint16" ? 65_535 - stored : stored);
  };
  const rgb = new Uint8Array(width * height * 3);
  const levels = new Uint32Array(256);
  for (let pixel = 0, write = 0; pixel < data.length; pixel += bands, write += 3)
    for (let channel = 0; channel < 3; channel++) {
      const byte = byteOf(data[pixel + (colours === 1 ? 0 : channel)] ?? 0);
      levels[byte] = (levels[byte] ?? 0) + 1;
      rgb[write + channel] = byte;
    }
  const isFlat = isOneColour(image, colours, levels, byteOf);
  if (alpha !== undefined) layOverWhite(rgb, image, alpha, scale);
  return {
    image: { width, height, data: rgb },
    readings: [...(reading ? [reading] : []), ...(isFlat ? (["one-colour"] as const) : [])],
    isFull: "bits" in scale && scale.bits === 16,
  };
}

/** Alpha may fill all 16 bits where the colours do not: it has then a scale of its own. */
function layOverWhite(rgb: Uint8Array, { bands, data }: WideImage, alpha: number, scale: ValueScale): void {
  let highest = 0;
  for (let at = alpha; at < data.length; at += bands) highest = Math.max(highest, data[at] ?? 0);
  const own = "bits" in scale && highest >= 2 ** scale.bits ? { bits: 16 } : scale;
  const toByte = byteScale(own);
  for (let at = alpha, write = 0; at < data.length; at += bands)
    for (let channel = 0; channel < 3; channel++, write++)
      rgb[write] = overWhite(rgb[write] ?? 0, toByte(data[at] ?? 0));
}
