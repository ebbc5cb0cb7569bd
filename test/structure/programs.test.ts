import { join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { PACKAGES, PROGRAMS } from "../../scripts/bundle/entries.ts";
import { moduleNames } from "./module-names.ts";
import { fileKind, ROOT, sourcesBelow } from "./sources.ts";

/** Files that only pass on what others have, and what tests alone import. */
const isAside = (file: string): boolean => /\.d\.ts$|(^|\/)(index(-\w+)?|testing[\w-]*)(\.ts$|\/)/.test(file);

/** Files of a package that no other one imports. */
function unimported(folder: string): readonly string[] {
  const files = sourcesBelow(folder).filter((file) => fileKind(file) !== "test");
  const taken = files.flatMap((file) =>
    moduleNames(join(ROOT, folder, file)).taken.map(({ module }) => posix.join(posix.dirname(file), module)),
  );
  const isTaken = new Set(taken);
  return files.filter((file) => !isTaken.has(file) && !isAside(file));
}

describe("a file that no other one imports starts by itself: the bundle has it as an entry", () => {
  it.each(PACKAGES)("%s", (path) => {
    const programs = PROGRAMS[path]?.map((file) => `${file}.ts`) ?? [];
    expect(unimported(`${path}/src`)).toEqual([...programs].sort());
  });
});
