import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, Visitor } from "vite";
import { describe, expect, it } from "vitest";
import { inFlags } from "../../apps/cli/src/options/flag-text.ts";
import { fileKind, ROOT, sourcesBelow } from "./sources.ts";

const FOLDERS = ["packages/core/src", "packages/backend-select/src"];

/** Where a word that looks like a flag of graft is none, or stands in what the command line alone writes and reads. */
const ASIDE: Readonly<Record<string, string>> = {
  "packages/backend-select/src/tensorflow/": "flags of pip, npm, Python and node",
  "packages/backend-select/src/onnx/runtime-node.ts": "a flag of npm",
  "packages/core/src/report/": "variables of style sheets",
  "packages/core/src/export/model-card.ts": "commands to type, in Markdown",
  "packages/core/src/export/snippet-folder.ts": "names in Markdown",
  "packages/core/src/dataset/archive-tar-node.ts": "a flag of tar",
  "packages/core/src/weights/foreign-kinds.ts": "a flag of tensorflowjs_converter",
};

/** Values of an option, in quotes as the option is. */
const VALUES = new Set(["bundled", "imagenet"]);

/** Strings and templates of a file, what is filled in as "…". */
function textsOf(path: string): string[] {
  const source = readFileSync(join(ROOT, path), "utf8");
  const texts: string[] = [];
  new Visitor({
    Literal({ value }) {
      if (typeof value === "string") texts.push(value);
    },
    TemplateLiteral({ quasis }) {
      texts.push(quasis.map(({ value }) => value.cooked ?? "").join("…"));
    },
  }).visit(parseSync(path, source).program);
  return texts;
}

const files = FOLDERS.flatMap((folder) =>
  sourcesBelow(folder)
    .filter((file) => fileKind(file) !== "test" && !file.startsWith("testing/"))
    .map((file) => `${folder}/${file}`),
);
const isAside = (file: string): boolean => Object.keys(ASIDE).some((start) => file.startsWith(start));
const texts = files
  .filter((file) => !isAside(file))
  .flatMap((file) => textsOf(file).map((text) => ({ file, text })));

describe("texts of what every host runs", () => {
  it("name no flag of the command line", () => {
    expect(texts.filter(({ text }) => /(?<![\w-])--[a-z][a-z-]+/.test(text))).toEqual([]);
  });

  it("name options by their keys, which the command line turns into flags it has", () => {
    const named = texts.flatMap(({ file, text }) =>
      [...text.matchAll(/`([a-z][A-Za-z]*)(?:: [^`]*)?`/g)].map(([quoted, key = ""]) => ({
        file,
        quoted,
        key,
      })),
    );
    expect(named.length).toBeGreaterThan(40);
    expect(named.filter(({ quoted, key }) => inFlags(quoted) === quoted && !VALUES.has(key))).toEqual([]);
  });

  it("name commands in quotes, so that an edge without them can say something else", () => {
    const bare =
      /(?<!`)\bgraft (?:bench|cache|demo|doctor|engines|evaluate|export|features|inspect|predict|runs|sweep|train|weights)\b/;
    expect(texts.filter(({ text }) => /`graft /.test(text)).length).toBeGreaterThan(10);
    expect(texts.filter(({ text }) => bare.test(text))).toEqual([]);
  });

  it.each(Object.entries(ASIDE))("%s is aside: %s", (start) => {
    const flagged = files
      .filter((file) => file.startsWith(start))
      .flatMap(textsOf)
      .filter((text) => /--[a-z]|`[a-z][A-Za-z]*`/.test(text));
    expect(flagged.length, "it is no longer needed").toBeGreaterThan(0);
  });
});
