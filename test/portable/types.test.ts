import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { fileKind, ROOT, sourcesBelow } from "../structure/sources.ts";

const COMPILER = join(createRequire(import.meta.url).resolve("typescript/package.json"), "../bin/tsc");

const compiler = async (...words: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [COMPILER, ...words], { cwd: ROOT, maxBuffer: 2 ** 26 }))
    .stdout;

describe.each(["core", "backend-select"])("the project of the portable files of %s", (name) => {
  // a package's types may bring them along, and then Buffer or document compile
  it("knows no types of Node and of a page", async () => {
    const listed = await compiler("-p", `packages/${name}/tsconfig.portable.json`, "--listFilesOnly");
    const files = listed.split("\n").map((path) => path.replaceAll("\\", "/"));
    expect(files.filter((path) => /@types\/node\/|\/lib\.(dom|webworker)\b/.test(path))).toEqual([]);
    const sources = sourcesBelow(`packages/${name}/src`).filter((path) => fileKind(path) === "portable");
    expect(files.filter((path) => path.includes(`/packages/${name}/src/`))).toHaveLength(sources.length);
  });

  it("has one beside it for browsers where there are files for browsers", () => {
    const hasFiles = sourcesBelow(`packages/${name}/src`).some((path) => fileKind(path) === "browser");
    const built = readFileSync(join(ROOT, `packages/${name}/tsconfig.json`), "utf8");
    expect(built.includes('"tsconfig.browser.json"')).toBe(hasFiles);
  });
});

// skipLibCheck, which other packages' declarations need, would pass over a mistake in this one
it("the declarations of what all platforms have are without mistake", async () => {
  const words = ["--noEmit", "--skipLibCheck", "false", "--types", "", "--lib", "es2023"];
  expect(await compiler(...words, "web-platform.d.ts")).toBe("");
});
