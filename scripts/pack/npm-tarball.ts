/** Packages as npm serves them: what an install script has put into node_modules is no part of them. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { asRecord, ROOT } from "./manifest.ts";

export const CACHE = join(ROOT, "node_modules", ".cache", "graft-pack");

/** npm is npm.cmd on Windows, which only a shell starts; words have no spaces that it would split. */
export function npm(words: readonly string[], folder: string): string {
  return execFileSync("npm", words, {
    cwd: folder,
    encoding: "utf8",
    shell: process.platform === "win32",
    maxBuffer: 2 ** 26,
  });
}

function locked(name: string): { version: string; integrity: string } {
  const lock = asRecord(JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")));
  const { version, integrity } = asRecord(asRecord(lock.packages)[`node_modules/${name}`]);
  if (typeof version !== "string" || typeof integrity !== "string")
    throw new TypeError(`package-lock.json has no version and integrity of ${name}`);
  return { version, integrity };
}

/**
 * Folder with the files of the version that package-lock.json names, fetched by npm once and unpacked.
 * @throws Error when what npm fetched does not have the lock file's integrity.
 */
export function npmPackage(name: string): string {
  const { version, integrity } = locked(name);
  const folder = join(CACHE, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const tarball = join(CACHE, `${name}-${version}.tgz`);
  if (!existsSync(tarball)) {
    const destination = relative(ROOT, CACHE);
    npm(["pack", `${name}@${version}`, "--ignore-scripts", "--pack-destination", destination], ROOT);
  }
  const got = `sha512-${createHash("sha512").update(readFileSync(tarball)).digest("base64")}`;
  if (got !== integrity) {
    rmSync(tarball);
    throw new Error(`npm served another ${name} ${version} than package-lock.json names: ${got}`);
  }
  const half = join(CACHE, `${name}-${version}.${process.pid}`);
  mkdirSync(half, { recursive: true });
  execFileSync("tar", ["-xzf", relative(half, tarball), "--strip-components", "1"], { cwd: half });
  renameSync(half, folder);
  rmSync(tarball);
  return folder;
}
