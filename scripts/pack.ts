/**
 * `npm run pack`: the packages as people install them, in build/packages/*.tgz: graft's own, and the native
 * libraries by platform. Those that are installed need no install script.
 */
import { cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { bundleOf } from "./bundle/bundle-package.ts";
import { PACKAGES, TAKEN_IN } from "./bundle/entries.ts";
import { bundle } from "./pack/bundled.ts";
import { asRecord, ROOT, readManifest, writeManifest } from "./pack/manifest.ts";
import { pack, packOnce } from "./pack/pack-once.ts";
import { type PlatformPackage, stagePlatformPackages } from "./pack/platforms.ts";

const OUT = join(ROOT, "build", "packages");
/** Carries the engines. */
const ENGINES = "packages/backend-select";

/** Sources and tests are not packed, so their maps would lead nowhere. */
const ASIDE = /\.(map|tsbuildinfo)$|\.test\.(js|d\.ts)$/;

/**
 * What is packed of dist: types where something is exported, and the code that a page loads. Node loads the bundle alone.
 * @param exported the package's `exports`, as text.
 */
function distFilter(exported: string): (file: string) => boolean {
  const hasCode = /"\.\/dist\/[^"]*\.js"/.test(exported);
  return (file) => !ASIDE.test(file) && (!file.endsWith(".js") || (hasCode && !file.endsWith("-node.js")));
}

/** The package's bundle, with the licences of what it takes in. @returns the dependencies that are left. */
async function packBundle(path: string, folder: string, dependencies: unknown): Promise<object> {
  const { chunks, entries } = await bundleOf(path, { isPacked: true });
  mkdirSync(join(folder, "bundle"));
  for (const { name, contents } of [...chunks, ...entries])
    writeFileSync(join(folder, "bundle", name), contents);
  const takenIn = TAKEN_IN[path] ?? [];
  for (const name of takenIn) {
    const licence = join(folder, "bundle", `${name.replace("/", "-")}.LICENSE.txt`);
    cpSync(join(ROOT, "node_modules", name, "LICENSE"), licence);
  }
  const left = Object.entries(asRecord(dependencies)).filter(([name]) => !takenIn.includes(name));
  return Object.fromEntries(left);
}

function told(tarball: string): string {
  return `${relative(ROOT, tarball)}  ${(statSync(tarball).size / 1e6).toFixed(1)} MB\n`;
}

async function stage(path: string, platforms: readonly PlatformPackage[]): Promise<string> {
  const source = join(ROOT, path);
  const folder = join(ROOT, "build", "stage", path);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { devDependencies: _development, scripts: _scripts, ...manifest } = readManifest(source);
  for (const entry of ["bin", "assets", "migrations"])
    if (existsSync(join(source, entry)))
      cpSync(join(source, entry), join(folder, entry), { recursive: true });
  if (manifest.exports !== undefined)
    cpSync(join(source, "dist"), join(folder, "dist"), {
      recursive: true,
      filter: distFilter(JSON.stringify(manifest.exports)),
    });
  cpSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  cpSync(join(ROOT, "README.md"), join(folder, "README.md"));
  const dependencies = await packBundle(path, folder, manifest.dependencies);
  if (path !== ENGINES) {
    writeManifest(folder, { ...manifest, dependencies });
    return folder;
  }
  const carried = bundle(source, folder);
  writeManifest(folder, {
    ...manifest,
    dependencies: { ...dependencies, ...carried },
    bundleDependencies: Object.keys(carried),
    optionalDependencies: Object.fromEntries(platforms.map(({ name, version }) => [name, version])),
  });
  return folder;
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const platforms = stagePlatformPackages();
const own: string[] = [];
for (const path of PACKAGES) own.push(await stage(path, platforms));
for (const folder of own) process.stdout.write(told(pack(folder, OUT)));
for (const { folder } of platforms) process.stdout.write(told(packOnce(folder, OUT)));
