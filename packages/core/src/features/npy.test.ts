import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { CoreError } from "../errors.ts";
import { writeNpy } from "../testing/write-npy.ts";
import { parseNpy } from "./npy.ts";

/** float32 [768, 1], saved by NumPy (test/parity/make_golden.py). */
const SAVED = readFileSync(
  resolve(import.meta.dirname, "../../../../test/parity/golden/gap_rmsprop_kernel.npy"),
);

const refusal = (bytes: Uint8Array): CoreError => {
  try {
    parseNpy(bytes);
  } catch (error) {
    if (error instanceof CoreError) return error;
    throw error;
  }
  throw new Error("the bytes were accepted");
};
/** The saved file with another header text and data. */
const withHeader = (text: string, data: number[] = []): Uint8Array =>
  Uint8Array.from([...SAVED.subarray(0, 8), text.length, 0, ...Buffer.from(text), ...data]);

describe(".npy files", () => {
  it("reads what NumPy writes and writes the same bytes", () => {
    const array = parseNpy(SAVED);
    expect(array.shape).toEqual([768, 1]);
    expect(array.data).toBeInstanceOf(Float32Array);
    // the kernel starts in (-0.05, 0.05) and 20 RMSprop steps of 1e-3 move it little
    expect(array.data.every((value) => Math.abs(Number(value)) < 0.1)).toBe(true);
    expect(Buffer.from(writeNpy(array)).equals(SAVED)).toBe(true);
  });

  it.each([
    { shape: [2, 2], data: Uint8Array.of(0, 1, 254, 255) },
    { shape: [3], data: Int32Array.of(-1, 0, 2 ** 31 - 1) },
    { shape: [1], data: Float64Array.of(Math.PI) },
    { shape: [2], data: BigInt64Array.of(-5n, 2n ** 40n) },
    { shape: [], data: Float32Array.of(7) },
    { shape: [0, 5], data: new Float32Array() },
  ])("gives back an array of shape $shape", (array) => {
    expect(parseNpy(writeNpy(array))).toEqual(array);
  });

  it("reads a version 2 header, whose length has four bytes", () => {
    const old = Buffer.from(writeNpy({ shape: [1], data: Uint8Array.of(9) }));
    const bytes = Buffer.concat([
      old.subarray(0, 6),
      Buffer.from([2, 0]),
      old.subarray(8, 10),
      Buffer.from([0, 0]),
      old.subarray(10),
    ]);
    expect(parseNpy(bytes)).toEqual({ shape: [1], data: Uint8Array.of(9) });
  });

  it("reads bytes that lie at an odd place of a larger buffer", () => {
    const larger = Buffer.concat([Buffer.from([0, 0, 0]), SAVED]);
    expect(parseNpy(larger.subarray(3))).toEqual(parseNpy(SAVED));
  });

  it("refuses what it cannot read, with a reason", () => {
    expect(refusal(Buffer.from("no such thing"))).toMatchObject({ code: "corrupt" });
    expect(refusal(SAVED.subarray(0, 40))).toMatchObject({ code: "corrupt" });
    expect(refusal(SAVED.subarray(0, -1)).message).toMatch(/3071 bytes.*3072/);
    expect(refusal(withHeader("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }"))).toMatchObject({
      code: "unsupported",
    });
    expect(refusal(withHeader("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }")).message).toMatch(
      /Fortran/,
    );
    expect(refusal(withHeader("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"))).toMatchObject({
      code: "corrupt",
    });
  });
});
