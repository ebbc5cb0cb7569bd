import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Built and bundled this file lies at other depths below package.json; core, which finds it too, is not loaded for help. */
function manifestPath(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const path = join(folder, "package.json");
    if (existsSync(path) || folder === dirname(folder)) return path;
  }
}

/** The version of this package, as published. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(manifestPath(), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "unknown";
}
