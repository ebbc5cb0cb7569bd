import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

/** What a file may know of: its own name says it (ARCHITECTURE.md, invariant 1). */
export type FileKind = "portable" | "node" | "browser" | "test";

/** @param path of a TypeScript file, e.g. "dataset/scan-node.ts". */
export function fileKind(path: string): FileKind {
  if (path.endsWith(".test.ts")) return "test";
  if (path.endsWith("-node.ts")) return "node";
  return path.endsWith("-browser.ts") ? "browser" : "portable";
}

/** TypeScript files below a folder of the repository, tests and declarations too, with "/" from there, sorted. */
export const sourcesBelow = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts"))
    .sort();
