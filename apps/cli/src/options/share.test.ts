import { describe, expect, it } from "vitest";
import { parseShare } from "./share.ts";

describe("parseShare", () => {
  it.each([
    ["0.95", 0.95],
    [".9", 0.9],
    ["1", 1],
    ["95%", 0.95],
    [" 99.5 % ", 0.995],
  ])("reads %s", (text, share) => expect(parseShare(text)).toBeCloseTo(share, 12));

  it.each(["0", "95", "-0.5", "101%", "much", "0,9", ""])("refuses %j", (text) =>
    expect(() => parseShare(text)).toThrow(/above 0 and at most 1/),
  );
});
