import { describe, expect, it } from "vitest";
import { rangeOf } from "./send-file.ts";

describe("a range of 100 bytes", () => {
  it.each([
    ["bytes=0-9", { start: 0, length: 10 }],
    ["bytes=90-", { start: 90, length: 10 }],
    ["bytes=-10", { start: 90, length: 10 }],
    ["bytes=-1000", { start: 0, length: 100 }],
    ["bytes=50-1000", { start: 50, length: 50 }],
    ["bytes=99-99", { start: 99, length: 1 }],
    // all of it
    [undefined, undefined],
    ["bytes=-", undefined],
    ["bytes=9-0", undefined],
    ["bytes=0-1,5-6", undefined],
    ["items=0-9", undefined],
    ["bytes=a-b", undefined],
  ])("%s", (header, expected) => expect(rangeOf(header, 100)).toEqual(expected));

  it.each(["bytes=100-", "bytes=100-200", "bytes=-0"])("%s is behind its end", (header) =>
    expect(() => rangeOf(header, 100)).toThrow("behind the file's end"),
  );

  it("of nothing is always behind its end", () => {
    expect(() => rangeOf("bytes=0-", 0)).toThrow("behind the file's end");
    expect(rangeOf(undefined, 0)).toBeUndefined();
  });
});
