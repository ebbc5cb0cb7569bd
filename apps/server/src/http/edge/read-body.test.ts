import { describe, expect, it } from "vitest";
import { parseJson } from "./read-body.ts";

/** What is said of a text that is no JSON. */
function refusalOf(text: string): unknown {
  try {
    return parseJson(text, "The body");
  } catch (error) {
    return error;
  }
}

describe("a text that is no JSON is told in graft's words, with where it breaks", () => {
  it.each([
    ['{\n  "name": "Pets",\n  "size" 75\n}', '"75\\n}" in line 3, column 10'],
    ['{"a": 1,}', '"}" in line 1, column 9'],
    [`{"a": [1 ${"2".repeat(500)}]}`, `"${"2".repeat(30)}…" in line 1, column 10`],
    ["hello", '"hello"'],
    [`{"a": ${"x".repeat(500)}}`, `"{"a": ${"x".repeat(24)}…"`],
    ['{"a": [1, 2', "11 characters, which end too early"],
    ['{"a": "Pets', "11 characters, which end too early"],
    ["", "nothing"],
    ["\u001b[2Jx", '"\\x1b[2Jx"'],
  ])("%j", (text, received) => {
    const parts = { what: "The body is not JSON.", received, fix: "Correct it and send it again." };
    expect(refusalOf(text)).toMatchObject({ status: 400, code: "bad-input", parts });
  });
});
