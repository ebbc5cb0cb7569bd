import { describe, expect, it } from "vitest";
import { parseByteCount } from "./byte-count.ts";

describe("sizes as people write them", () => {
  it.each([
    ["0", 0],
    ["123", 123],
    ["2GB", 2e9],
    ["1.5 g", 1.5e9],
    ["500 MB", 5e8],
    ["10kb", 1e4],
    ["4KiB", 4096],
    ["2GiB", 2 * 2 ** 30],
  ])("reads %s", (text, bytes) => {
    expect(parseByteCount(text)).toBe(bytes);
  });

  it.each(["", "GB", "-1", "2 XB", "many"])("refuses %j with an example", (text) => {
    expect(() => parseByteCount(text)).toThrow("such as 2GB");
  });
});
