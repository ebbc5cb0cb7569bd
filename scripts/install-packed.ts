/**
 * node --import tsx scripts/install-packed.ts FOLDER: the command line with the server as `npm run pack` made them, into an empty
 * folder. Packages of graft come from build/packages and from nowhere else, all others in the versions of package-lock.json.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { asRecord, ROOT, readManifest, writeManifest } from "./pack/manifest.ts";
import { runNpm } from "./pack/run-npm.ts";
import { serveRegistry } from "./pack/static-registry.ts";

type Locked = Readonly<Record<string, Record<string, unknown>>>;

const OWN = "@graft/";

const lockedIn = (path: string): Locked =>
  Object.fromEntries(
    Object.entries(asRecord(asRecord(JSON.parse(readFileSync(path, "utf8"))).packages)).map(
      ([name, each]) => [name, asRecord(each)],
    ),
  );

/** "node_modules/a/node_modules/b" → "b" */
const nameOf = (place: string): string => place.slice(place.lastIndexOf("node_modules/") + 13);

/** Of others' packages. */
const isForeign = (place: string): boolean =>
  place.includes("node_modules/") && !nameOf(place).startsWith(OWN) && !place.includes(`node_modules/${OWN}`);

/** @throws Error for a package that the lock file does not have, or has in another version. */
function checkLocked(installed: Locked, locked: Locked): void {
  const known = new Set(
    Object.entries(locked).map(([place, { version }]) => `${nameOf(place)}@${String(version)}`),
  );
  const strange = Object.entries(installed)
    .filter(([place]) => isForeign(place))
    .map(([place, { version }]) => `${nameOf(place)}@${String(version)}`)
    .filter((each) => !known.has(each));
  if (strange.length > 0)
    throw new Error(`npm installed what package-lock.json does not name: ${strange.join(", ")}`);
}

const [target] = process.argv.slice(2);
if (target === undefined) throw new Error("Name the folder to install into.");
const folder = resolve(target);
const server = readManifest(join(ROOT, "apps/server"));
const locked = lockedIn(join(ROOT, "package-lock.json"));

mkdirSync(folder, { recursive: true });
const dependencies = {
  [`${OWN}cli`]: readManifest(join(ROOT, "apps/cli")).version,
  [`${OWN}server`]: server.version,
  // what blobs in S3 need, which others leave out
  ...asRecord(server.peerDependencies),
};
writeManifest(folder, { name: "graft-image", private: true, dependencies });
// npm keeps to the versions of a lock file that is there, and drops what nothing needs
const packages = {
  "": { name: "graft-image", dependencies },
  ...Object.fromEntries(
    Object.entries(locked).filter(([place]) => place.startsWith("node_modules/") && isForeign(place)),
  ),
};
writeFileSync(
  join(folder, "package-lock.json"),
  JSON.stringify({ name: "graft-image", lockfileVersion: 3, requires: true, packages }),
);
const registry = await serveRegistry(join(ROOT, "build", "packages"));
try {
  const words = ["install", "--omit=dev", "--no-audit", "--no-fund", "--ignore-scripts"];
  await runNpm([...words, `--${OWN.slice(0, -1)}:registry=${registry.url}`], folder);
} finally {
  await registry.close();
}
checkLocked(lockedIn(join(folder, "node_modules", ".package-lock.json")), locked);
// it names a registry that is gone
rmSync(join(folder, "package-lock.json"));
