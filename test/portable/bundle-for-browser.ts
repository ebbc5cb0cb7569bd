import { isBuiltin } from "node:module";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import { ROOT } from "../structure/sources.ts";

/** What a page would load of an entry. */
export interface BrowserBundle {
  /** Each as "FILE imports NAME": there should be none. */
  readonly nodeImports: readonly string[];
  /** Code that comes with the entry, and code that comes when it is first used, in bytes as served and gzipped. */
  readonly atOnce: Size;
  readonly later: Size;
  /** Packages of npm whose code comes with the entry, and those that come later, in alphabetical order. */
  readonly packagesAtOnce: readonly string[];
  readonly packagesLater: readonly string[];
}

export interface Size {
  readonly bytes: number;
  readonly gzipBytes: number;
}

/**
 * Notes what is imported of Node and leaves it out, so that all such imports are told and not the first alone. A package
 * may say itself, by the field `browser` of its manifest, that it does without one there.
 */
const noteNode = (found: string[]): Plugin => ({
  name: "note-node",
  setup({ onResolve, resolve }) {
    onResolve({ filter: /.*/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (!isBuiltin(path) || pluginData === "asked") return undefined;
      const answer = await resolve(path, { importer, kind, resolveDir, pluginData: "asked" });
      if (answer.errors.length === 0) return undefined;
      found.push(`${importer.replace(`${ROOT}/`, "")} imports ${path}`);
      return { path, external: true };
    });
  },
});

const packageOf = (file: string): string | undefined =>
  /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];

/**
 * Bundles modules as a page's bundler would: minified, what is imported on use in files of its own.
 * @param modules as a page would import them, e.g. "@graft/core"; everything that they export is kept.
 * @throws when something that is imported does not exist for a browser.
 */
export async function bundleForBrowser(modules: readonly string[]): Promise<BrowserBundle> {
  const nodeImports: string[] = [];
  const contents = modules.map((name, i) => `export * as m${i} from ${JSON.stringify(name)};`).join("\n");
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    conditions: ["graft-source"],
    minify: true,
    splitting: true,
    metafile: true,
    write: false,
    outdir: "out",
    absWorkingDir: ROOT,
    logLevel: "silent",
    plugins: [noteNode(nodeImports)],
  });
  const { outputs } = metafile;
  const atOnce = new Set<string>();
  const visit = (file: string): void => {
    if (atOnce.has(file)) return;
    atOnce.add(file);
    for (const { path, kind } of outputs[file]?.imports ?? []) if (kind === "import-statement") visit(path);
  };
  for (const [file, { entryPoint }] of Object.entries(outputs)) if (entryPoint === "<stdin>") visit(file);
  const sizeOf = (isCounted: (file: string) => boolean): Size => {
    const counted = outputFiles.filter(({ path }) => isCounted(path.replace(`${ROOT}/`, "")));
    return {
      bytes: counted.reduce((sum, { contents }) => sum + contents.length, 0),
      gzipBytes: counted.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0),
    };
  };
  const packages = (isCounted: (file: string) => boolean): string[] => {
    const files = Object.entries(outputs).filter(([file]) => isCounted(file));
    const names = files.flatMap(([, { inputs }]) => Object.keys(inputs).map(packageOf));
    return [...new Set(names.filter((name) => name !== undefined))].sort();
  };
  return {
    nodeImports,
    atOnce: sizeOf((file) => atOnce.has(file)),
    later: sizeOf((file) => !atOnce.has(file)),
    packagesAtOnce: packages((file) => atOnce.has(file)),
    packagesLater: packages((file) => !atOnce.has(file)),
  };
}
