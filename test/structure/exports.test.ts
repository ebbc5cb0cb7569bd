import { join, posix } from "node:path";
import { expect, it } from "vitest";
import { type ModuleNames, moduleNames } from "./module-names.ts";
import { ROOT, sourcesBelow } from "./sources.ts";

const CORE = "packages/core/src";

/** All that stands on core as a package. */
const USERS = [
  "packages/backend-select/src",
  "packages/backend-select/scripts",
  "packages/core/scripts",
  "packages/api/src",
  "apps/cli/src",
  "apps/server/src",
  "scripts",
  "test",
];

/** Exported before a package uses them, and what for. */
const KEPT: Readonly<Record<string, string>> = {
  decodeRecord: "rows of features in messages and over a wire",
  decodeRow: "the same",
  encodeRecord: "the same",
  encodeRow: "the same",
  createRunStore: "runs of a page, in a folder of its own",
};

const known = new Map<string, ModuleNames>();
function namesOf(file: string): ModuleNames {
  const names = known.get(file) ?? moduleNames(join(ROOT, CORE, file));
  known.set(file, names);
  return names;
}

/** Functions, classes and constants that a file of core exports, those that it passes on too. */
function exportedValues(file: string): readonly string[] {
  const { values, passedOn } = namesOf(file);
  const passed = passedOn.flatMap(({ module, names }) => {
    const all = exportedValues(posix.join(posix.dirname(file), module));
    return names ?? all;
  });
  return [...values, ...passed];
}

/** What is imported of a package by its users. */
const imported = new Map<string, Set<string>>();
for (const folder of USERS)
  for (const path of sourcesBelow(folder))
    for (const { module, names } of moduleNames(join(ROOT, folder, path)).taken) {
      if (!module.startsWith("@graft/core")) continue;
      if (names === undefined)
        throw new TypeError(`${folder}/${path} imports all of ${module}: name what is used`);
      const known = imported.get(module) ?? new Set();
      imported.set(module, known);
      for (const name of names) known.add(name);
    }

it.each([
  { entry: "index.ts", name: "@graft/core" },
  { entry: "index-node.ts", name: "@graft/core/node" },
  { entry: "testing.ts", name: "@graft/core/testing" },
])("every function, class and constant of $name is used by another package", ({ entry, name }) => {
  const used = imported.get(name) ?? new Set();
  const exported = exportedValues(entry);
  expect(exported.length).toBeGreaterThan(0);
  // types stay: whoever calls a function must be able to name what it takes and gives
  expect(exported.filter((value) => !used.has(value) && !(value in KEPT))).toEqual([]);
});

it.each(Object.entries(KEPT))("%s is kept for %s", (value) => {
  expect(exportedValues("index.ts")).toContain(value);
  expect(imported.get("@graft/core")?.has(value), "it has a user now: take it off the list").toBe(false);
});
