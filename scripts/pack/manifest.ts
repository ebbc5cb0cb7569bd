/** package.json files and licences, as the packing reads and writes them. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

export type Manifest = Record<string, unknown>;

export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

export function readManifest(folder: string): Manifest {
  const parsed: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (typeof parsed !== "object" || parsed === null)
    throw new TypeError(`${folder}/package.json is not an object`);
  return { ...parsed };
}

export function writeManifest(folder: string, manifest: Manifest): void {
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Folder of an installed package, found as Node finds it from `from`. */
export function installedFolder(name: string, from: string): string {
  const require = createRequire(join(from, "package.json"));
  let folder = dirname(require.resolve(name));
  while (!existsSync(join(folder, "package.json")) || readManifest(folder).name !== name)
    folder = dirname(folder);
  return folder;
}

/**
 * Writes the licence of a package that npm serves without its text (onnxruntime-node, tfjs); one that has it keeps it.
 * @throws TypeError for a licence that is not MIT or Apache-2.0.
 */
export function addLicence(folder: string, licence: unknown, holder: string): void {
  if (readdirSync(folder).some((name) => /^licen[cs]e/i.test(name))) return;
  if (licence === "MIT") {
    const text = readFileSync(join(ROOT, "LICENSE"), "utf8");
    writeFileSync(join(folder, "LICENSE"), text.replace(/^Copyright .*$/m, `Copyright (c) ${holder}`));
  } else if (licence === "Apache-2.0") {
    // the text is the same for everyone; sharp carries it
    const sharp = installedFolder("sharp", join(ROOT, "packages", "core"));
    const text = readFileSync(join(sharp, "LICENSE"), "utf8");
    if (!text.trimStart().startsWith("Apache License"))
      throw new TypeError("sharp's LICENSE is not Apache's");
    writeFileSync(join(folder, "LICENSE"), text);
  } else throw new TypeError(`${folder} has the licence ${String(licence)}, of which there is no text here`);
}
