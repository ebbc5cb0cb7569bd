import { expect, it } from "vitest";
import { csvLine } from "./csv.ts";

it.each([
  [["plain", 0.5, ""], "plain,0.5,"],
  [["a,b", 'say "a"', "two\nlines", "and\rone"], '"a,b","say ""a""","two\nlines","and\rone"'],
  [["\u001b[2J", "=1+1", " kept ", "-a"], "\u001b[2J,=1+1, kept ,-a"],
])("%j is quoted where a comma, quote or line break is in it, and else as it is", (cells, line) => {
  expect(csvLine(cells)).toBe(line);
});
