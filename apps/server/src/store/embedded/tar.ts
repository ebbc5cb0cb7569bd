import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/*
 * A folder as a tar and back, as much of the format as PGlite's data folder needs: short names, files and folders, nothing else.
 * PGlite's own `loadDataDir` takes seconds for it.
 */

const BLOCK = 512;

function header(name: string, bytes: number, kind: "0" | "5"): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long for the name of a packed file.`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, "0")}\0`;
  block.write(name, 0);
  block.write(octal(kind === "5" ? 0o700 : 0o600, 8), 100);
  for (const at of [108, 116]) block.write(octal(0, 8), at);
  block.write(octal(bytes, 12), 124);
  // one time for all, so that equal files make an equal tar
  block.write(octal(0, 12), 136);
  block.write(" ".repeat(8), 148);
  block.write(kind, 156);
  block.write("ustar\x0000", 257, "latin1");
  block.write(
    `${octal(
      block.reduce((sum, byte) => sum + byte, 0),
      7,
    )} `,
    148,
  );
  return block;
}

/** All files and folders inside, by name. */
export function packFolder(folder: string): Buffer {
  const parts: Buffer[] = [];
  const add = (inside: string): void => {
    const entries = readdirSync(join(folder, inside), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = inside === "" ? entry.name : `${inside}/${entry.name}`;
      if (entry.isDirectory()) {
        parts.push(header(`${name}/`, 0, "5"));
        add(name);
        continue;
      }
      const bytes = readFileSync(join(folder, name));
      const padding = Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK);
      parts.push(header(name, bytes.length, "0"), bytes, padding);
    }
  };
  add("");
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

/** Writes what {@link packFolder} made into a new folder that its user alone may enter. */
export function unpackFolder(tar: Buffer, folder: string): void {
  mkdirSync(folder, { mode: 0o700 });
  let at = 0;
  while (at < tar.length && tar[at] !== 0) {
    const field = (start: number, length: number): string =>
      tar.toString("utf8", at + start, at + start + length).replace(/\0.*$/s, "");
    const [name, bytes] = [field(0, 100), Number.parseInt(field(124, 12), 8)];
    at += BLOCK;
    if (name.endsWith("/")) mkdirSync(join(folder, name), { mode: 0o700 });
    else writeFileSync(join(folder, name), tar.subarray(at, at + bytes), { mode: 0o600 });
    at += Math.ceil(bytes / BLOCK) * BLOCK;
  }
}
