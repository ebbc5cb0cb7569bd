import { expect, it } from "vitest";
import { labelError, labelWords } from "./label-words.ts";

it.each([
  ["to use those: `labelsFrom: a/labels.csv:kind`", '`labelTable: {"path":"a/labels.csv","column":"kind"}`'],
  ["`labelsFrom: my labels.tsv:a:b`", '`labelTable: {"path":"my labels.tsv","column":"a:b"}`'],
  ["`labelsFrom: labels.csv`", '`labelTable: {"path":"labels.csv"}`'],
  ["`labelsFrom: FILE[:COLUMN]`   a table", '`labelTable: {"path":"FILE","column":"COLUMN"}`   a table'],
  ["`labelsFrom: inner-folders`", "`labelsFrom: inner-folders`"],
  ["`labelsFrom` and `valSplit: 0.1`", "`labelsFrom` and `valSplit: 0.1`"],
])("says %s as an upload is told", (text, said) => {
  expect(labelWords(text)).toContain(said);
});

const error = { name: "CoreError", code: "bad-input", message: "pets has no class folder." } as const;

it("says of a layout what its sender can do, and draws no folder", () => {
  const parts = { what: "pets has no class folder.", fix: "Put them\n\n  pets/ (2 files)\n" };
  const facts = {
    source: "pets",
    choices: ["`labelsFrom: labels.csv:kind`", "`labelsFrom: names`   by name"],
  };
  const told = labelError({ ...error, parts, facts });
  expect(told).toEqual({
    ...error,
    facts: { source: "pets" },
    message: `${told.parts?.what} ${told.parts?.fix}`,
    parts: {
      what: "pets has no class folder.",
      fix: `Begin another upload, and say where the labels are:
  \`labelTable: {"path":"labels.csv","column":"kind"}\`
  \`labelsFrom: names\`   by name
Or put the pictures of each class into a folder named after it, and nothing else beside these folders: cats/1.jpg, dogs/1.jpg.`,
    },
  });
  expect(labelError({ ...error, parts, facts: { choices: [] } }).parts?.fix).toMatch(
    /^Begin another upload, and put the pictures of each class/,
  );
});

it("leaves what is wrong with something else as it is", () => {
  const other = { ...error, facts: { bytes: 3 }, parts: { what: "It is too large.", received: "3 bytes" } };
  expect(labelError(other)).toEqual(other);
  expect(labelError({ ...error, facts: {} })).toEqual({ ...error, facts: {} });
});
