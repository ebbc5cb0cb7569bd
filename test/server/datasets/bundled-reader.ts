import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll } from "vitest";
import type { ChildProgram } from "../../../apps/server/src/workers/child-program.ts";
import { ROOT } from "../../cli/run-graft.ts";

/**
 * The process that reads uploads, and the thread that decodes for it, as files that Node starts in a fifth of the time that the
 * sources take. Removed after the test file's tests; await it at a test file's top level.
 */
export async function bundledReader(): Promise<ChildProgram> {
  const outdir = join(ROOT, "node_modules/.cache/graft-children", `reader-${process.pid}`);
  afterAll(() => rm(outdir, { recursive: true, force: true }));
  await mkdir(outdir, { recursive: true });
  // below node_modules no package says that these are modules
  await writeFile(join(outdir, "package.json"), '{ "type": "module" }');
  await build({
    entryPoints: ["apps/server/src/import/import-child.ts", "packages/core/src/image/pool-worker-node.ts"],
    ...{ outdir, entryNames: "[name]", bundle: true, platform: "node", format: "esm", target: "node20" },
    conditions: ["graft-source"],
    external: ["sharp", "onnxruntime-node", "webgpu", "@tensorflow/*"],
    // what is CommonJS inside asks for Node's modules by it
    banner: {
      js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
    },
    ...{ absWorkingDir: ROOT, logLevel: "silent" },
  });
  return { path: join(outdir, "import-child.js"), execArgv: [] };
}
