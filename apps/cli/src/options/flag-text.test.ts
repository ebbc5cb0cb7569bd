import { expect, it } from "vitest";
import { inFlags } from "./flag-text.ts";

it.each([
  ["Use a smaller `size` or `weights: bundled`.", "Use a smaller --size or --weights bundled."],
  ["`flip: false` or `augment: null`", "--no-flip or --no-augment"],
  ["try `fineTuneLearningRate: 0.03`", "try --fine-tune-learning-rate 0.03"],
  ["`labelsFrom: my labels.csv:kind`", '--labels-from "my labels.csv:kind"'],
  ["`labelsFrom: FILE[:COLUMN]`   a table", "--labels-from FILE[:COLUMN]   a table"],
  ['`labelTable: {"path":"my \\"labels\\".csv","column":"kind"}`', '--labels-from "my "labels".csv:kind"'],
  ['`labelTable: {"path":"labels.csv"}`', "--labels-from labels.csv"],
  ["`inputRange: a,b`", "--input-range a,b"],
  [
    "`graft runs list` shows all; run: `graft runs resume x`",
    "graft runs list shows all; run: graft runs resume x",
  ],
  ["give another `part`, not `part: test`", "give another --split, not --split test"],
  ["with `data`, `force` or `home`", "with --data, --force or --home"],
])("says %s as %s", (text, said) => {
  expect(inFlags(text)).toBe(said);
});

it("leaves other words in quotes alone", () => {
  const text = "`bundled`, `model.json`, `labels`";
  expect(inFlags(text)).toBe(text);
});
