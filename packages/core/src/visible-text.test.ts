import { expect, test } from "vitest";
import { nameFew } from "./name-few.ts";
import { visibleLines, visibleText } from "./visible-text.ts";

test.each([
  ["a\nb\r\tc", "a\\nb\\r\\tc"],
  ["\u001b[31mred\u0007\u007f\u009b", "\\x1b[31mred\\x07\\x7f\\x9b"],
  ["gpj.\u202eevil\u2066\u200f\u2028", "gpj.\\u202eevil\\u2066\\u200f\\u2028"],
])("%j is shown without anything that a terminal obeys", (name, shown) => {
  expect(visibleText(name)).toBe(shown);
});

test.each(["Käse – 猫 🧑‍🚀.jpg", "C:\\photos\\a.jpg", ""])("%j is shown as it is", (name) => {
  expect(visibleText(name)).toBe(name);
});

test("a long list is cut and counted", () => {
  expect(nameFew(["a"])).toBe("a");
  expect(nameFew(["a", "b\n", "c"])).toBe("a, b\\n, c");
  expect(nameFew(["a", "b", "c", "d", "e"])).toBe("a, b, c and 2 more");
  expect(nameFew(["a", "b", "c"], 2)).toBe("a, b and 1 more");
});

test("text of several lines keeps its breaks and nothing else that a terminal obeys", () => {
  expect(visibleLines("a\n  \u001b[2Jb\r\n")).toBe("a\n  \\x1b[2Jb\\r\n");
});
