import { crc32 as ofZlib } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeRecord, encodeRecord, encodeRow, parseRecordHeader } from "./row-record.ts";

const KEY = { hash: "0123456789abcdef".repeat(4), variant: 7 };
const ROW = Float32Array.of(0, 1.5, -2, 3.25);

describe("a row as bytes", () => {
  it.each(["float32", "float16"] as const)("comes back with its key, %s", (cacheType) => {
    const record = encodeRecord(KEY, encodeRow({ cacheType }, ROW));
    expect(record.length).toBe(48 + (cacheType === "float16" ? 8 : 16));
    expect(decodeRecord({ cacheType }, record)).toEqual({ key: KEY, row: ROW });
  });

  it("is the same whoever counts the checksum", () => {
    const bytes = encodeRow({ cacheType: "float32" }, ROW);
    expect(encodeRecord(KEY, bytes, ofZlib)).toEqual(encodeRecord(KEY, bytes));
  });

  it("is refused when a bit of it is another, or its end is missing", () => {
    const record = encodeRecord(KEY, encodeRow({ cacheType: "float32" }, ROW));
    for (let at = 0; at < record.length; at++) {
      const damaged = record.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(() => decodeRecord({ cacheType: "float32" }, damaged)).toThrow("damaged");
    }
    expect(() => decodeRecord({ cacheType: "float32" }, record.subarray(0, 60))).toThrow("damaged");
    expect(parseRecordHeader(record.subarray(0, 40))).toBeUndefined();
  });
});
