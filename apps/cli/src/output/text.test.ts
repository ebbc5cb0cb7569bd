import { describe, expect, it } from "vitest";
import { byteSize, confusionTable, duration, table } from "./text.ts";

describe("text", () => {
  it("aligns words left and numbers right", () => {
    expect(
      table([
        ["class", "images"],
        ["cats", "9"],
        ["elephants", "1200"],
      ]),
    ).toBe("class      images\ncats            9\nelephants    1200");
  });

  it("keeps each row a line, whatever is in a cell", () => {
    expect(table([["class"], ["a\nb\u001b[2J"]])).toBe("class\na\\nb\\x1b[2J");
  });

  it.each([
    [0.035, "35 ms"],
    [0.42, "0.4 s"],
    [42, "42 s"],
    [185, "3 min 05 s"],
    [7800, "2 h 10 min"],
  ])("writes %s seconds as %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [3_420_000, "3.4 MB"],
    [10e9, "10.0 GB"],
  ])("writes %s bytes as %s", (bytes, text) => {
    expect(byteSize(bytes)).toBe(text);
  });

  it("shows the whole confusion matrix for few classes and the worst pairs for many", () => {
    expect(
      confusionTable(
        ["cat", "dog"],
        [
          [8, 2],
          [1, 9],
        ],
      ),
    ).toContain("cat            8    2");
    const labels = Array.from({ length: 13 }, (_, i) => `c${i}`);
    const matrix = labels.map((_, i) => labels.map((__, j) => (i === 3 && j === 5 ? 7 : i === j ? 10 : 0)));
    expect(confusionTable(labels, matrix).split("\n")).toEqual(["true  said  images", "c3    c5         7"]);
  });
});
