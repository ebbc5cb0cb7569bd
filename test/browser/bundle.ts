import { readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { WASM_FILES } from "@graft/backend-select/browser";
import { build } from "esbuild";

const ROOT = resolve(import.meta.dirname, "../..");

export interface ServedFile {
  readonly bytes: Uint8Array;
  readonly type: string;
}

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
};

const served = (name: string, bytes: Uint8Array): ServedFile => ({
  bytes,
  type: TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream",
});

/**
 * A module and all it imports as a page's bundler would give them, with the WebAssembly files of the engines beside them.
 * @param entry path of a TypeScript file.
 * @returns files by name; `worker.js` is the entry.
 */
export async function bundleWorker(entry: string): Promise<Map<string, ServedFile>> {
  const { outputFiles } = await build({
    entryPoints: { worker: entry },
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    // the first is the packages' sources; with the second ONNX Runtime's script comes once, from its own file
    conditions: ["graft-source", "onnxruntime-web-use-extern-wasm"],
    splitting: true,
    write: false,
    outdir: ROOT,
    absWorkingDir: ROOT,
    logLevel: "silent",
  });
  const files = new Map(
    outputFiles.map(({ path, contents }) => [basename(path), served(path, contents)] as const),
  );
  for (const [name, path] of Object.entries(WASM_FILES))
    files.set(name, served(name, readFileSync(join(ROOT, "node_modules", path))));
  return files;
}
