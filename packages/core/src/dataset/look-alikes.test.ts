import fc from "fast-check";
import { expect, test } from "vitest";
import { groupLookAlikes, LOOK_ALIKE_BITS } from "./look-alikes.ts";

/** Hashes with about half of their bits set, as those of photos have. */
const hash = fc
  .array(fc.constantFrom(..."3569ac"), { minLength: 16, maxLength: 16 })
  .map((digits) => digits.join(""));

function flip(text: string, bits: readonly number[]): string {
  const value = bits.reduce((sum, bit) => sum ^ (1n << BigInt(bit)), BigInt(`0x${text}`));
  return value.toString(16).padStart(16, "0");
}

const areJoined = (a: string, b: string): boolean => {
  const groups = groupLookAlikes([a, b]);
  return groups.get(a) !== undefined && groups.get(a) === groups.get(b);
};

test("hashes up to three bits apart are one picture wherever the bits lie, four are not", () => {
  const bits = (count: number) => fc.uniqueArray(fc.nat(63), { minLength: count, maxLength: count });
  expect(LOOK_ALIKE_BITS).toBe(3);
  fc.assert(fc.property(hash, bits(LOOK_ALIKE_BITS), (text, flips) => areJoined(text, flip(text, flips))));
  fc.assert(
    fc.property(hash, bits(LOOK_ALIKE_BITS + 1), (text, flips) => !areJoined(text, flip(text, flips))),
  );
});

test("chains are one group", () => {
  const start = "3569ac3569ac3569";
  const chain = [start, flip(start, [0, 1, 2]), flip(start, [0, 1, 2, 10, 11, 12])];
  expect(new Set(groupLookAlikes(chain).values()).size).toBe(1);
});

test("a flat picture's hash says nothing; a plain one's only when equal", () => {
  expect(areJoined("0000000000000000", "0000000000000001")).toBe(false);
  expect(groupLookAlikes(["0000000000000000", "ffffffffffffffff"]).size).toBe(0);
  const plain = "00000000000003ff";
  expect(areJoined(plain, flip(plain, [0]))).toBe(false);
  expect(groupLookAlikes([plain]).get(plain)).toBe(plain);
});
