/**
 * `npm run pack`: the packages as people install them, in build/packages/*.tgz.
 *
 * onnxruntime-node's install script downloads CUDA libraries from outside npm and fails the whole install where that
 * host is not reached; neither .npmrc nor allowScripts reaches someone who installs a package that depends on it. So
 * @graft/backend-select carries a copy as a bundled dependency, without the script and what only the script needs.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "..");
const OUT = join(ROOT, "build", "packages");
const PACKAGES = ["packages/core", "packages/backend-select", "apps/cli"];
/** Carried inside the package that needs them. */
const BUNDLED: Readonly<Record<string, readonly string[]>> = {
  "packages/backend-select": ["onnxruntime-node", "onnxruntime-common"],
};

type Manifest = Record<string, unknown>;

function readManifest(folder: string): Manifest {
  const parsed: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (typeof parsed !== "object" || parsed === null)
    throw new TypeError(`${folder}/package.json is not an object`);
  return { ...parsed };
}

/** Folder of an installed package, found as Node finds it from `from`. */
function installedFolder(name: string, from: string): string {
  const require = createRequire(join(from, "package.json"));
  let folder = dirname(require.resolve(name));
  while (!existsSync(join(folder, "package.json")) || readManifest(folder).name !== name)
    folder = dirname(folder);
  return folder;
}

/** Copies a dependency without its install scripts and without what only they need. */
function bundle(name: string, from: string, into: string): void {
  const target = join(into, "node_modules", name);
  cpSync(installedFolder(name, from), target, {
    recursive: true,
    // the CUDA libraries that a developer's own install script may have brought are no part of the npm package
    filter: (path) => !/[\\/](script|node_modules)$|providers_(cuda|tensorrt|shared)/.test(path),
  });
  const {
    scripts: _scripts,
    devDependencies: _development,
    dependencies,
    ...manifest
  } = readManifest(target);
  const kept =
    name === "onnxruntime-node"
      ? { "onnxruntime-common": asRecord(dependencies)["onnxruntime-common"] }
      : dependencies;
  writeFileSync(
    join(target, "package.json"),
    `${JSON.stringify({ ...manifest, dependencies: kept ?? {} }, null, 2)}\n`,
  );
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function pack(path: string): string {
  const source = join(ROOT, path);
  const stage = join(ROOT, "build", "stage", path);
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  for (const entry of ["bin", "dist", "assets"]) {
    // sources are not packed, so their maps would lead nowhere
    if (existsSync(join(source, entry)))
      cpSync(join(source, entry), join(stage, entry), {
        recursive: true,
        filter: (file) => !/\.(map|tsbuildinfo)$|\.test\.(js|d\.ts)$/.test(file),
      });
  }
  cpSync(join(ROOT, "LICENSE"), join(stage, "LICENSE"));
  cpSync(join(ROOT, "README.md"), join(stage, "README.md"));
  const { devDependencies: _development, scripts: _scripts, ...manifest } = readManifest(source);
  const bundled = BUNDLED[path] ?? [];
  for (const name of bundled) bundle(name, source, stage);
  const extra = bundled.length === 0 ? {} : { bundleDependencies: bundled };
  writeFileSync(join(stage, "package.json"), `${JSON.stringify({ ...manifest, ...extra }, null, 2)}\n`);
  // npm is npm.cmd on Windows, which only a shell starts; a relative path has no spaces that it would split
  const destination = relative(stage, OUT);
  const words = ["pack", "--json", "--ignore-scripts", "--pack-destination", destination];
  const printed = execFileSync("npm", words, {
    cwd: stage,
    encoding: "utf8",
    shell: process.platform === "win32",
    maxBuffer: 2 ** 26,
  });
  const [{ filename, size }] = JSON.parse(printed) as [{ filename: string; size: number }]; // npm pack --json prints this
  return `${join("build", "packages", filename)}  ${(size / 1e6).toFixed(1)} MB`;
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
for (const path of PACKAGES) process.stdout.write(`${pack(path)}\n`);
