import { rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { afterAll } from "vitest";
import { ROOT } from "./cli/run-graft.ts";

/** Below node_modules, where the engines that are left out of a bundle are found. */
const FOLDER = join(ROOT, "node_modules/.cache/graft-children");

/**
 * A child process's program out of TypeScript and the packages' sources, in one file that Node starts in a seventh of the time
 * that the sources take: for tests that start dozens. It cannot start threads of its own, whose files are not there.
 * @returns path of the file, which is removed after the test file's tests. Await it at a test file's top level.
 */
export async function bundledChild(entry: string): Promise<string> {
  const outfile = join(FOLDER, `${basename(entry, ".ts")}-${process.pid}.mjs`);
  afterAll(() => rm(outfile, { force: true }));
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["graft-source"],
    external: ["sharp", "onnxruntime-node", "webgpu", "@tensorflow/*"],
    // what is CommonJS inside asks for Node's modules by it
    banner: {
      js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
    },
    absWorkingDir: ROOT,
    logLevel: "silent",
  });
  return outfile;
}
