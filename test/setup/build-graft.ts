import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join, relative, resolve, sep } from "node:path";
import type { TestProject } from "vitest/node";
import { bundlePackage } from "../../scripts/bundle/bundle-package.ts";
import { PACKAGES } from "../../scripts/bundle/entries.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** The command line as people run it; it loads the server by itself. */
export const PROGRAM = join(ROOT, "apps/cli/bundle/main.js");

/**
 * Builds {@link PROGRAM} before the tests that start it as a process: it starts three times as fast as from its sources,
 * and is what users run. Up to date it takes half a second; a package's own tests start none.
 */
export default async function buildGraft({ config }: TestProject): Promise<void> {
  const [top = ""] = relative(ROOT, config.dir ?? ROOT).split(sep);
  if (top === "packages" || top === "apps") return;
  const compiler = join(createRequire(import.meta.url).resolve("typescript/package.json"), "../bin/tsc");
  execFileSync(process.execPath, [compiler, "-b", "apps/cli", "apps/server"], {
    cwd: ROOT,
    stdio: "inherit",
  });
  for (const path of PACKAGES) await bundlePackage(path);
}
