import { join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { findCycles } from "./cycles.ts";
import { moduleNames } from "./module-names.ts";
import { fileKind, ROOT, sourcesBelow } from "./sources.ts";

const FOLDERS = [
  ...["packages/core/src", "packages/backend-select/src", "packages/api/src"],
  ...["apps/cli/src", "apps/server/src"],
];

/** Tests may import whatever they try. */
function importsBelow(folder: string): ReadonlyMap<string, ReadonlySet<string>> {
  const files = sourcesBelow(folder).filter((path) => fileKind(path) !== "test");
  const isFile = new Set(files);
  return new Map(
    files.map((file) => {
      const taken = moduleNames(join(ROOT, folder, file)).taken.filter(({ module }) =>
        module.startsWith("."),
      );
      const targets = taken.map(({ module }) => posix.join(posix.dirname(file), module));
      return [file, new Set(targets.filter((target) => isFile.has(target) && target !== file))];
    }),
  );
}

/** Files that only pass on what others have. */
const isEntry = (file: string): boolean => /^(index|index-node|index-browser|testing)\.ts$/.test(file);

const folderOf = (file: string): string => (file.includes("/") ? file.slice(0, file.indexOf("/")) : "(root)");

/** Folders of core that need one that needs them, and why (ARCHITECTURE.md says the same). */
const ALLOWED: readonly { readonly from: string; readonly to: string; readonly why: string }[] = [
  {
    from: "dataset",
    to: "cache",
    why: "an archive is unpacked into the cache, whose one limit counts features too; they are of a data set's images",
  },
];

/** Which folders a package's folders need, but for what is `aside`. */
function folderEdges(
  files: ReadonlyMap<string, ReadonlySet<string>>,
  aside: readonly { readonly from: string; readonly to: string }[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const isAside = (from: string, to: string): boolean =>
    from === to || aside.some((edge) => edge.from === from && edge.to === to);
  const edges = new Map<string, Set<string>>();
  for (const [file, targets] of files) {
    if (isEntry(file)) continue;
    const from = folderOf(file);
    const known = edges.get(from) ?? new Set();
    edges.set(from, known);
    for (const to of [...targets].map(folderOf)) if (!isAside(from, to)) known.add(to);
  }
  return edges;
}

// biome's noImportCycles knows values alone; a cycle of types ties two files to each other as well
describe("no file imports one that needs it, types included", () => {
  it.each(FOLDERS)("%s", (folder) => {
    expect(findCycles(importsBelow(folder))).toEqual([]);
  });
});

// invariant 1 (ARCHITECTURE.md)
it("api needs no other package of graft's than core", () => {
  const needed = sourcesBelow("packages/api/src").flatMap((file) =>
    moduleNames(join(ROOT, "packages/api/src", file)).taken.map(({ module }) => module),
  );
  expect(needed).toContain("@graft/core");
  expect(new Set(needed.filter((module) => /^@graft\/(?!core$)/.test(module)))).toEqual(new Set());
});

describe("core's folders are layers: none needs one that needs it, by whatever way", () => {
  const files = importsBelow("packages/core/src");

  it("but for those that say why", () => {
    expect(findCycles(folderEdges(files, ALLOWED))).toEqual([]);
  });

  it.each(ALLOWED)("$from needs $to: $why", (edge) => {
    const others = ALLOWED.filter((other) => other !== edge);
    expect(findCycles(folderEdges(files, others)), "it does not any more: take it off the list").not.toEqual(
      [],
    );
  });
});

it("a cycle is found through three nodes, and one beside it is told apart", () => {
  const edges = { a: ["b"], b: ["c"], c: ["a", "d"], d: ["e"], e: ["d"], f: ["a"] };
  const graph = new Map(Object.entries(edges).map(([node, next]) => [node, new Set(next)]));
  expect(findCycles(graph)).toEqual([
    ["d", "e"],
    ["a", "b", "c"],
  ]);
});
