import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync, Visitor } from "vite";
import { describe, expect, it } from "vitest";
import { inFlags } from "../../apps/cli/src/options/flag-text.ts";
import { inputSchema, inside, type JsonSchema } from "../server/from-router/json-schema.ts";
import { PROCEDURES } from "../server/from-router/procedures.ts";
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

const filesOf = (folders: readonly string[]): readonly string[] =>
  folders.flatMap((folder) =>
    sourcesBelow(folder)
      .filter((file) => fileKind(file) !== "test" && !file.startsWith("testing/"))
      .map((file) => `${folder}/${file}`),
  );
const files = filesOf(FOLDERS);
const isAside = (file: string): boolean => Object.keys(ASIDE).some((start) => file.startsWith(start));
const texts = files
  .filter((file) => !isAside(file))
  .flatMap((file) => textsOf(file).map((text) => ({ file, text })));

const OPTION = /`([a-z][A-Za-z]*)(?:: [^`]*)?`/g;
const FLAG = /(?<![\w-])--[a-z][a-z-]+/;

/** Options of core's jobs that no call of a server has, and why no answer of one names them. */
const HERE_ALONE: Readonly<Record<string, string>> = {
  force: "a server writes into folders of its own",
  data: "a server compares on pictures of the run's data set",
  ca: "whom a caller believes is no server's to know",
  lan: "a server is started so",
  home: "what a server says of its home names the variable, too",
};

/** What a server says to who starts it, in that host's options; and words in backticks that are no options. */
const AT_START: readonly string[] = [
  ...["blobs/claim-place.ts", "blobs/folder-trouble.ts", "blobs/s3-place.ts", "blobs/s3-trouble.ts"],
  ...["http/http-host.ts", "http/edge/trusted-proxies.ts", "serve/door.ts", "serve/home-lock.ts"],
  ...[
    "serve/store-place.ts",
    "server.ts",
    "serve/worker-token.ts",
    "store/embedded/open-pglite.ts",
    "store/open-store.ts",
  ],
].map((file) => `apps/server/src/${file}`);

/** What stands behind the question mark of an S3 store's address. */
const IN_ADDRESS = new Set(["endpoint", "region"]);

/** Every key that a caller of the API may write, at whatever depth, and those of pages and streams that answers have. */
function apiKeys(): ReadonlySet<string> {
  const keys = new Set(["next", "end", "failed", "input", "offset"]);
  const add = (schema: JsonSchema): void => {
    for (const key of Object.keys(schema.properties ?? {})) keys.add(key);
    for (const [, part] of inside(schema)) add(part);
  };
  for (const procedure of PROCEDURES) add(inputSchema(procedure));
  return keys;
}

describe("texts that go out over HTTP", () => {
  const keys = apiKeys();
  const served = filesOf(["packages/api/src", "apps/server/src"])
    .filter((file) => !file.endsWith("http/pages/page.ts"))
    .flatMap((file) => textsOf(file).map((text) => ({ file, text })));

  it("name options as callers of the API write them", () => {
    const named = served.flatMap(({ file, text }) =>
      [...text.matchAll(OPTION)].map(([, key = ""]) => ({ file, text, key })),
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ file, key }) => !keys.has(key) && !AT_START.includes(file))).toEqual([]);
  });

  it("and what a server says to who starts it is said in flags by the command line", () => {
    const said = served
      .filter(({ file }) => AT_START.includes(file))
      .flatMap(({ file, text }) =>
        [...text.matchAll(OPTION)].map(([quoted, key = ""]) => ({ file, quoted, key })),
      );
    for (const file of AT_START)
      expect(
        said.some((one) => one.file === file),
        `${file} names no option`,
      ).toBe(true);
    expect(said.filter(({ quoted, key }) => inFlags(quoted) === quoted && !IN_ADDRESS.has(key))).toEqual([]);
  });

  it("have no words of zod's: one place says what is wrong with an input", () => {
    const all = filesOf(["packages/core/src", "packages/api/src", "apps/server/src", "apps/cli/src"]);
    const own = all.filter((file) =>
      /prettifyError|treeifyError|flattenError/.test(readFileSync(join(ROOT, file), "utf8")),
    );
    expect(own).toEqual([]);
  });

  it("say what who runs the server types as it is typed", () => {
    // switches of Node and of curl are whole words of their own
    const sentences = served.filter(({ text }) => FLAG.test(text) && / [a-z]+ [a-z]+ /.test(text));
    expect(sentences.length).toBeGreaterThan(2);
    expect(sentences.filter(({ text }) => FLAG.test(text.replace(/`graft [^`]*`/g, "")))).toEqual([]);
  });

  it("of core, too: what no call has is named only where no server comes", () => {
    const named = texts.flatMap(({ file, text }) =>
      [...text.matchAll(OPTION)]
        .map(([, key = ""]) => ({ file, text, key }))
        .filter(({ key }) => !VALUES.has(key)),
    );
    expect(named.filter(({ key }) => !keys.has(key) && !(key in HERE_ALONE))).toEqual([]);
    expect(named.filter(({ key, text }) => key === "home" && !text.includes("GRAFT_HOME"))).toEqual([]);
    for (const key of Object.keys(HERE_ALONE)) {
      expect(keys.has(key), key).toBe(false);
      expect(named.filter((one) => one.key === key).length, "it is no longer needed").toBeGreaterThan(0);
    }
  });
});

describe("texts of what every host runs", () => {
  it("name no flag of the command line", () => {
    expect(texts.filter(({ text }) => FLAG.test(text))).toEqual([]);
  });

  it("name options by their keys, which the command line turns into flags it has", () => {
    const named = texts.flatMap(({ file, text }) =>
      [...text.matchAll(OPTION)].map(([quoted, key = ""]) => ({
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
