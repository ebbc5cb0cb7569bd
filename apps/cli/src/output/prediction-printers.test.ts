import type { LikenessFacts, Prediction } from "@graft/core";
import { afterEach, expect, it, vi } from "vitest";
import { csvLine, printerOf } from "./prediction-printers.ts";
import * as stdout from "./stdout.ts";

const likeness: LikenessFacts = {
  ...{ layers: ["mixed5"], directions: 1, threshold: 0.2, keptShare: 0.95, trainingImages: 40, heldBack: 20 },
};
const LABELS = ["cats", "dogs"];
const answer = (distance?: number): Prediction => ({
  ...{ label: 0, score: 0.75, probabilities: Float32Array.of(0.75, 0.25) },
  ...(distance === undefined ? {} : { distance }),
});

vi.mock("./stdout.ts", () => ({ print: vi.fn(), printData: vi.fn(), printJson: vi.fn() }));
afterEach(() => vi.clearAllMocks());

function printed(
  form: "json" | "csv" | "table",
  model: Parameters<typeof printerOf>[0],
  distances: (number | undefined)[],
) {
  const printer = printerOf(model, { form, notSureBelow: 0 });
  for (const [i, distance] of distances.entries()) printer.prediction(`${i}.jpg`, answer(distance));
  printer.end();
  const { print, printData, printJson } = vi.mocked(stdout);
  return [print, printData, printJson].flatMap(({ mock }) => mock.calls.map(([said]) => said));
}

it("says beside the answer what is unlike the training, in a column that is there when any is", () => {
  expect(printed("table", { labels: LABELS, likeness }, [0.1, 0.3])).toEqual([
    [
      "image  label    sure  else         note",
      "0.jpg  cats   75.0 %  dogs 25.0 %",
      "1.jpg  cats   75.0 %  dogs 25.0 %  like nothing it learned from",
    ].join("\n"),
  ]);
  vi.clearAllMocks();
  expect(printed("table", { labels: LABELS, likeness }, [0.2])).toEqual([
    "image  label    sure  else\n0.jpg  cats   75.0 %  dogs 25.0 %",
  ]);
});

it("says so in JSON and in the last column of CSV", () => {
  expect(printed("json", { labels: LABELS, likeness }, [0.1, 0.3])).toMatchObject([
    { unlike: false, distance: 0.1, label: "cats" },
    { unlike: true, distance: 0.3, label: "cats" },
  ]);
  vi.clearAllMocks();
  expect(printed("csv", { labels: LABELS, likeness }, [0.3])).toEqual([
    "image,label,score,cats,dogs,error,unlike",
    "0.jpg,cats,0.75,0.75,0.25,,true",
  ]);
});

it("says nothing for a model that has not learned it", () => {
  expect(printed("json", { labels: LABELS }, [undefined])).not.toMatchObject([{ unlike: expect.anything() }]);
  vi.clearAllMocks();
  expect(printed("csv", { labels: LABELS }, [undefined])[0]).toBe("image,label,score,cats,dogs,error");
});

it.each([
  [["plain", 0.5, ""], "plain,0.5,"],
  [["a,b", 'say "a"', "two\nlines", "and\rone"], '"a,b","say ""a""","two\nlines","and\rone"'],
  [["\u001b[2J", "=1+1", " kept ", "-a"], "\u001b[2J,=1+1, kept ,-a"],
])("%j is quoted where a comma, quote or line break is in it, and else as it is", (cells, line) => {
  expect(csvLine(cells)).toBe(line);
});
