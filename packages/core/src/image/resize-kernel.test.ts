import { expect, test, vi } from "vitest";
import { createRandom } from "../numbers/random.ts";
import { fastestPasses } from "./resize-kernel.ts";
import { PLAIN_PASSES } from "./resize-passes.ts";

const random = createRandom("resize kernel", 0);
const upTo = (most: number): number => 1 + Math.floor(random() * most);

function noise(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, () => random() * 256);
}

/** toEqual takes seconds for a megabyte. */
function expectSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  expect(Buffer.compare(actual, expected)).toBe(0);
}

function expectPlainBytes(width: number, height: number, to: number, data = noise(width, height)): void {
  const passes = fastestPasses();
  expectSameBytes(passes.rows(data, height, width, to), PLAIN_PASSES.rows(data, height, width, to));
  expectSameBytes(passes.columns(data, width, height, to), PLAIN_PASSES.columns(data, width, height, to));
}

test("Node has the SIMD that the kernel needs", () => {
  expect(fastestPasses()).not.toBe(PLAIN_PASSES);
});

test("the kernel gives the plain passes' bytes at random sizes, smaller and larger", () => {
  for (let round = 0; round < 150; round++) expectPlainBytes(upTo(90), upTo(90), upTo(200));
  for (let round = 0; round < 10; round++) expectPlainBytes(upTo(900), upTo(600), upTo(300));
});

test.each([
  ["one pixel", 1, 1, 40],
  ["one pixel to itself", 1, 1, 1],
  ["two columns", 2, 300, 150],
  ["very wide", 20_000, 2, 150],
  ["very tall", 2, 20_000, 150],
  ["wider than a band, two taps high", 120_000, 3, 2],
  ["several bands", 1500, 1200, 150],
])("the kernel gives the plain passes' bytes: %s", (_name, width, height, to) => {
  expectPlainBytes(width, height, to);
});

test("white stays white and black stays black, whatever the weights' rounding", () => {
  for (const value of [0, 255])
    for (const from of [2, 7, 100, 374, 4000])
      expectPlainBytes(from, 3, 150, new Uint8Array(from * 9).fill(value));
  const white = fastestPasses().rows(new Uint8Array(4000 * 3).fill(255), 1, 4000, 150);
  expect(new Set(white)).toEqual(new Set([255]));
});

test("an image whose one band would not fit in the kernel's memory is done where it lies", () => {
  expectPlainBytes(30_000, 1000, 1, new Uint8Array(30_000 * 1000 * 3).fill(77));
});

test("without WebAssembly the plain passes do the work", async () => {
  vi.stubGlobal("WebAssembly", undefined);
  vi.resetModules();
  try {
    const { fastestPasses: passesHere } = await import("./resize-kernel.ts");
    const { PLAIN_PASSES: plainHere } = await import("./resize-passes.ts");
    expect(passesHere()).toBe(plainHere);
  } finally {
    vi.unstubAllGlobals();
  }
});
