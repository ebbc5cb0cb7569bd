/**
 * `npm run pack`: the packages as people install them, in build/packages/*.tgz: graft's own, and the native
 * libraries by platform. Those that are installed need no install script.
 */
import { cpSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { buildSync } from "esbuild";
import { bundle } from "./pack/bundled.ts";
import { asRecord, ROOT, readManifest, writeManifest } from "./pack/manifest.ts";
import { pack, packOnce } from "./pack/pack-once.ts";
import { type PlatformPackage, stagePlatformPackages } from "./pack/platforms.ts";

const OUT = join(ROOT, "build", "packages");
const PACKAGES = ["packages/core", "packages/backend-select", "packages/api", "apps/cli", "apps/server"];
/** Carries the engines. */
const ENGINES = "packages/backend-select";
const COMMAND_LINE = "apps/cli";

/**
 * tRPC's client as part of the one file that uses it: as a dependency it would bring its peers, TypeScript's compiler (29 MB)
 * among them, which only its types need.
 * @returns the dependencies that are left.
 */
function withoutClient(folder: string, manifest: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const client = join(folder, "dist/server/client.js");
  buildSync({
    ...{ entryPoints: [client], outfile: client, allowOverwrite: true, bundle: true },
    ...{ platform: "node", format: "esm", target: "node20", external: ["@graft/*", "eventsource"] },
    logLevel: "error",
  });
  cpSync(join(ROOT, "node_modules/@trpc/client/LICENSE"), `${client}.LICENSE.txt`);
  const { "@trpc/client": _bundled, ...rest } = asRecord(manifest.dependencies);
  return rest;
}

function told(tarball: string): string {
  return `${relative(ROOT, tarball)}  ${(statSync(tarball).size / 1e6).toFixed(1)} MB\n`;
}

function stage(path: string, platforms: readonly PlatformPackage[]): string {
  const source = join(ROOT, path);
  const folder = join(ROOT, "build", "stage", path);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const entry of ["bin", "dist", "assets", "migrations"]) {
    // sources are not packed, so their maps would lead nowhere
    if (existsSync(join(source, entry)))
      cpSync(join(source, entry), join(folder, entry), {
        recursive: true,
        filter: (file) => !/\.(map|tsbuildinfo)$|\.test\.(js|d\.ts)$/.test(file),
      });
  }
  cpSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  cpSync(join(ROOT, "README.md"), join(folder, "README.md"));
  const { devDependencies: _development, scripts: _scripts, ...manifest } = readManifest(source);
  if (path === COMMAND_LINE) {
    writeManifest(folder, { ...manifest, dependencies: withoutClient(folder, manifest) });
    return folder;
  }
  if (path !== ENGINES) {
    writeManifest(folder, manifest);
    return folder;
  }
  const carried = bundle(source, folder);
  writeManifest(folder, {
    ...manifest,
    dependencies: { ...asRecord(manifest.dependencies), ...carried },
    bundleDependencies: Object.keys(carried),
    optionalDependencies: Object.fromEntries(platforms.map(({ name, version }) => [name, version])),
  });
  return folder;
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const platforms = stagePlatformPackages();
const own = PACKAGES.map((path) => stage(path, platforms));
for (const folder of own) process.stdout.write(told(pack(folder, OUT)));
for (const { folder } of platforms) process.stdout.write(told(packOnce(folder, OUT)));
