import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTarHeader, TAR_BLOCK, tarEnd, tarHeader, tarPadding } from "../../tar/tar-header.ts";

/* A folder as a tar and back, as PGlite's data folder needs it. PGlite's own `loadDataDir` takes seconds for it. */

/** All files and folders inside, by name. */
export function packFolder(folder: string): Buffer {
  const parts: Buffer[] = [];
  const add = (inside: string): void => {
    const entries = readdirSync(join(folder, inside), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = inside === "" ? entry.name : `${inside}/${entry.name}`;
      if (entry.isDirectory()) {
        parts.push(tarHeader({ name: `${name}/`, bytes: 0 }));
        add(name);
        continue;
      }
      const bytes = readFileSync(join(folder, name));
      parts.push(tarHeader({ name, bytes: bytes.length }), bytes, tarPadding(bytes.length));
    }
  };
  add("");
  return Buffer.concat([...parts, tarEnd()]);
}

/** Writes what {@link packFolder} made into a new folder that its user alone may enter. */
export function unpackFolder(tar: Buffer, folder: string): void {
  mkdirSync(folder, { mode: 0o700 });
  let at = 0;
  while (at < tar.length && tar[at] !== 0) {
    const entry = readTarHeader(tar.subarray(at, at + TAR_BLOCK));
    if (!entry) throw new Error(`${folder} cannot be unpacked: its archive is damaged at ${at}.`);
    const { name, bytes } = entry;
    at += TAR_BLOCK;
    if (name.endsWith("/")) mkdirSync(join(folder, name), { mode: 0o700 });
    else writeFileSync(join(folder, name), tar.subarray(at, at + bytes), { mode: 0o600 });
    at += Math.ceil(bytes / TAR_BLOCK) * TAR_BLOCK;
  }
}
