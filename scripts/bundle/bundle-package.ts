import { basename, join } from "node:path";
import { build, type OutputFile } from "esbuild";
import { asRecord, ROOT, readManifest } from "../pack/manifest.ts";
import { entriesOf, TAKEN_IN } from "./entries.ts";
import { type BundledFile, placeFiles } from "./place-files.ts";
import { isFresh, readStamp, STAMP, stampOf } from "./stamp.ts";

/** What stays an import: every library that a package names, but those that it takes in. */
function externalsOf(path: string, folder: string): readonly string[] {
  const { dependencies, peerDependencies } = readManifest(folder);
  const takenIn = TAKEN_IN[path] ?? [];
  return Object.keys({ ...asRecord(dependencies), ...asRecord(peerDependencies) }).filter(
    (name) => !takenIn.includes(name),
  );
}

interface Bundled {
  readonly chunks: readonly BundledFile[];
  readonly entries: readonly BundledFile[];
}

const LIBRARY = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/**
 * Bundles a package's built code: one file for each entry and what entries share or load later in chunks beside them.
 * @param options.isPacked without maps and the check of `check-fresh.ts`, as it is published.
 * @throws Error when it would take in a library that no list names.
 */
export async function bundleOf(path: string, { isPacked = false } = {}): Promise<Bundled> {
  const folder = join(ROOT, path);
  const entries = entriesOf(path, folder);
  const { outputFiles, metafile } = await build({
    entryPoints: entries.map((entry) => ({ in: join(folder, "dist", `${entry}.js`), out: basename(entry) })),
    ...{ bundle: true, splitting: true, platform: "node", format: "esm", target: "node20" },
    external: externalsOf(path, folder).flatMap((name) => [name, `${name}/*`]),
    ...{ outdir: join(folder, "bundle"), chunkNames: "[name]-[hash]", absWorkingDir: ROOT },
    ...(isPacked
      ? {}
      : {
          ...{ sourcemap: "linked", sourcesContent: false },
          inject: [join(import.meta.dirname, "check-fresh.ts")],
        }),
    ...{ metafile: true, write: false, logLevel: "warning" },
  });
  const libraries = Object.keys(metafile.inputs).flatMap((file) => LIBRARY.exec(file)?.[1] ?? []);
  const strange = new Set(libraries.filter((name) => !TAKEN_IN[path]?.includes(name)));
  if (strange.size > 0) throw new Error(`${path}/package.json does not name ${[...strange].join(", ")}`);
  const isEntry = new Set(entries.map((entry) => `${basename(entry)}.js`));
  const files = outputFiles.map(({ path: file, contents }: OutputFile) => ({
    name: basename(file),
    contents,
  }));
  return {
    chunks: files.filter(({ name }) => !isEntry.has(name)),
    entries: files.filter(({ name }) => isEntry.has(name)),
  };
}

/** Makes a checkout's bundle of a built package unless it is there. @param path e.g. "packages/core" */
export async function bundlePackage(path: string): Promise<void> {
  const folder = join(ROOT, path);
  const bundle = join(folder, "bundle");
  const stamp = stampOf(folder);
  if (isFresh(bundle, stamp)) return;
  const { chunks, entries } = await bundleOf(path);
  const files = [...chunks, ...entries];
  const names = files.map(({ name }) => name);
  const contents = JSON.stringify({ ...stamp, files: names });
  placeFiles(bundle, [...files, { name: STAMP, contents }], readStamp(bundle)?.files ?? []);
}
