/** `npm run build`: a new, empty store, so that the first start of a server need not make one. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { ASSETS, makeStore, preparedPath, storeKey } from "../src/store/embedded/prepared-store.ts";
import { packFolder } from "../src/store/embedded/tar.ts";

const path = preparedPath(storeKey());
if (!existsSync(path)) {
  const folder = await mkdtemp(join(tmpdir(), "graft-build-store-"));
  try {
    const start = performance.now();
    await makeStore(join(folder, "store"));
    const packed = gzipSync(packFolder(join(folder, "store")), { level: 9 });
    await mkdir(ASSETS, { recursive: true });
    const old = (await readdir(ASSETS)).filter((name) => name.startsWith("store-"));
    for (const name of old) await rm(join(ASSETS, name));
    await writeFile(`${path}.new`, packed);
    await rename(`${path}.new`, path);
    const seconds = Math.round((performance.now() - start) / 1000);
    process.stdout.write(`${path}: ${(packed.length / 1e6).toFixed(1)} MB, made in ${seconds} s\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
