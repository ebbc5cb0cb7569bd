/** Tarballs kept from one packing to the next: compressing the libraries of ten platforms takes half a minute. */
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { CACHE, npm } from "./npm-tarball.ts";

const KEPT = join(CACHE, "packed");

/** Of a folder without folders in it: the names and bytes of its files. */
function digestOf(folder: string): string {
  const hash = createHash("sha256");
  for (const file of readdirSync(folder).sort()) {
    const bytes = readFileSync(join(folder, file));
    hash.update(`${file}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

/** Packs a folder by npm into another. @returns the tarball's path. */
export function pack(folder: string, into: string): string {
  const words = ["pack", "--json", "--ignore-scripts", "--pack-destination", relative(folder, into)];
  const [{ filename }] = JSON.parse(npm(words, folder)) as [{ filename: string }]; // npm pack --json prints this
  return join(into, filename);
}

/** As {@link pack}, or a copy of the tarball that the same files gave before. The folder holds files alone. */
export function packOnce(folder: string, into: string): string {
  const kept = join(KEPT, digestOf(folder));
  if (!existsSync(kept)) {
    const half = `${kept}.${process.pid}`;
    rmSync(half, { recursive: true, force: true });
    mkdirSync(half, { recursive: true });
    pack(folder, half);
    renameSync(half, kept);
  }
  const [tarball = ""] = readdirSync(kept);
  const target = join(into, basename(tarball));
  copyFileSync(join(kept, tarball), target);
  return target;
}
