/** Half precision (IEEE 754 binary16), which Node 20 has no typed array for: half the disk for 11 bits of a feature. */

/** Absolute float32 bits from which a number rounds to infinity: 65520, half a step above the largest half, 65504. */
const INFINITE_FROM = 0x477f_f000;
/** Absolute float32 bits of 2^−14, the smallest normal half. */
const NORMAL_FROM = 0x3880_0000;
/** Absolute float32 bits of 2^−25: half the smallest half, a tie that goes to the even 0. */
const ZERO_TO = 0x3300_0000;

/** The half's 16 bits nearest to a float32 given by its bits; ties go to the even one. */
function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const absolute = bits & 0x7fff_ffff;
  if (absolute > 0x7f80_0000) return sign | 0x7e00; // NaN
  if (absolute >= INFINITE_FROM) return sign | 0x7c00;
  if (absolute >= NORMAL_FROM) {
    const rounded = (absolute + 0x0fff + ((absolute >>> 13) & 1)) >>> 13;
    return sign | (rounded - (112 << 10));
  }
  if (absolute <= ZERO_TO) return sign;
  const significand = (absolute & 0x7f_ffff) | 0x80_0000;
  const shift = 126 - (absolute >>> 23); // a half's subnormals count in 2^−24
  const quotient = significand >>> shift;
  const rest = significand & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return sign | (rest > tie || (rest === tie && (quotient & 1) === 1) ? quotient + 1 : quotient);
}

/** Value of a half's last place, for each of its 32 exponents (0: subnormals). */
const LAST_PLACE = Float32Array.from({ length: 32 }, (_, exponent) => 2 ** (Math.max(exponent, 1) - 25));

function halfValue(half: number): number {
  const exponent = (half >>> 10) & 31;
  const fraction = half & 0x3ff;
  const place = LAST_PLACE[exponent] ?? 0;
  const absolute =
    exponent === 31
      ? fraction === 0
        ? Number.POSITIVE_INFINITY
        : Number.NaN
      : (exponent === 0 ? fraction : fraction + 0x400) * place;
  return half & 0x8000 ? -absolute : absolute;
}

/** Rounds to the nearest half, ties to even; beyond ±65504 (by half a step) to infinity; NaN stays NaN. */
export function encodeFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) halves[i] = halfBits(bits[i] ?? 0);
  return halves;
}

/** The exact values of halves, into `out` (default: a new array). */
export function decodeFloat16(
  halves: Uint16Array,
  out: Float32Array = new Float32Array(halves.length),
): Float32Array {
  for (let i = 0; i < halves.length; i++) out[i] = halfValue(halves[i] ?? 0);
  return out;
}

/** Replaces each value by the half nearest to it: what a row is after it went through a float16 cache. */
export function roundToFloat16(values: Float32Array): void {
  decodeFloat16(encodeFloat16(values), values);
}
