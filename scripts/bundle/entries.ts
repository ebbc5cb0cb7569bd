import { asRecord, readManifest } from "../pack/manifest.ts";

/** What starts by itself, as the name of its built file: child programs, threads, the command line. */
export const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  "packages/core": ["image/pool-worker-node"],
  "packages/backend-select": ["tensorflow/probe-child-node"],
  "packages/api": [],
  "apps/server": [
    ...["workers/engines-child", "workers/examine-child", "workers/training-child"],
    ...["predict/predict-child", "predict/workshop-child", "predict/trunk-lane-thread"],
    "import/import-child",
  ],
  "apps/cli": ["main"],
};

/** Folders of the packages that Node loads, each after those that it needs. */
export const PACKAGES = Object.keys(PROGRAMS);

/**
 * Libraries that become part of the bundle. tRPC's client would bring its peers as a dependency, TypeScript's compiler
 * (29 MB) among them, which only its types need; it stands on a part of tRPC's server.
 */
export const TAKEN_IN: Readonly<Record<string, readonly string[]>> = {
  "apps/cli": ["@trpc/client", "@trpc/server"],
};

const BUNDLED = /^\.\/bundle\/(.*)\.js$/;

/** The built files that become entries of a package's bundle: programs, and what its `exports` give Node. */
export function entriesOf(path: string, folder: string): readonly string[] {
  const conditions = Object.values(asRecord(readManifest(folder).exports)).flatMap((each) =>
    Object.values(asRecord(each)),
  );
  const exported = conditions.flatMap((file) => BUNDLED.exec(String(file))?.[1] ?? []);
  return [...new Set([...exported, ...(PROGRAMS[path] ?? [])])];
}
