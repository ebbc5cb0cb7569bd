import { Groups, groupBy } from "./groups.ts";

/**
 * Bits in which two perceptual hashes may differ and still mean one picture. Measured on the 600 photos of
 * shared/data/cats-dogs (200 of them re-encoded and resized): equal hashes find 88 % of copies at JPEG quality 75, 65 %
 * at quality 30 and 40 % of copies at half size; 3 bits find 100 %, 99.5 % and 98.5 %. No two of the different photos
 * are closer than 8 bits.
 */
export const LOOK_ALIKE_BITS = 3;

/** With fewer bits set (or unset) a picture is plain, and a few differing bits are a large part: hashes must be equal. */
const TELLING_BITS = 16;
/** With fewer still it is flat or has one edge, which many pictures share: the hash says nothing. */
const PLAIN_BITS = 8;

interface Bits {
  readonly hash: string;
  readonly high: number;
  readonly low: number;
  /** Bits in which a look-alike may differ. */
  readonly tolerance: number;
}

function countBits(value: number): number {
  let bits = value - ((value >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function parse(hash: string): Bits | undefined {
  const high = Number.parseInt(hash.slice(0, 8), 16);
  const low = Number.parseInt(hash.slice(8), 16);
  const set = countBits(high) + countBits(low);
  const telling = Math.min(set, 64 - set);
  if (telling < PLAIN_BITS) return undefined;
  return { hash, high, low, tolerance: telling < TELLING_BITS ? 0 : LOOK_ALIKE_BITS };
}

/**
 * One of four keys of which two hashes share at least one when they differ in at most three bits. Each takes every
 * fourth bit, so that pictures with an empty edge do not all meet in one key.
 */
function bandKey({ hash }: Bits, band: number): number {
  let key = 0;
  for (let at = 0; at < hash.length; at++)
    key = (key << 1) | ((Number.parseInt(hash.charAt(at), 16) >>> band) & 1);
  return key;
}

function areClose(a: Bits, b: Bits): boolean {
  const distance = countBits(a.high ^ b.high) + countBits(a.low ^ b.low);
  return distance <= Math.min(a.tolerance, b.tolerance);
}

/**
 * Which perceptual hashes (16 hex digits) mean the same picture, chains included.
 * @returns for each hash the one that stands for its group; a hash that is too plain to tell is left out.
 */
export function groupLookAlikes(hashes: Iterable<string>): ReadonlyMap<string, string> {
  const all = [...new Set(hashes)].flatMap((hash) => parse(hash) ?? []);
  const groups = new Groups();
  for (let band = 0; band <= LOOK_ALIKE_BITS; band++) {
    for (const bucket of groupBy(all, (bits) => bandKey(bits, band)).values()) {
      for (let first = 0; first < bucket.length; first++)
        for (let second = first + 1; second < bucket.length; second++) {
          const a = bucket[first];
          const b = bucket[second];
          if (a !== undefined && b !== undefined && areClose(a, b)) groups.join(a.hash, b.hash);
        }
    }
  }
  return new Map(all.map(({ hash }) => [hash, groups.rootOf(hash)]));
}
