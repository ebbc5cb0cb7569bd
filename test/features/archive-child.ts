/**
 * What another process does with the archive argv[3] in the home argv[4]:
 * hold: opens it, says "open" and stays; read N: opens it and reads all of its files, N times; prune: empties the cache
 * again and again, and says "pruned" each time.
 */
import { readFile } from "node:fs/promises";
import { cacheFolders, pruneCache } from "@graft/core/node";
import { openArchive } from "../../packages/core/src/dataset/archive-store-node.ts";

const [, , task = "", path = "", home = "", times] = process.argv;
const open = () => openArchive({ path, kind: "zip" }, home, {});
if (task === "hold") {
  await open();
  process.stdout.write("open\n");
  setInterval(() => undefined, 1000);
} else if (task === "read") {
  for (let i = 0; i < Number(times); i++) {
    const { files, lease } = await open();
    for (const { location } of files) await readFile(location);
    await lease[Symbol.asyncDispose]();
  }
} else {
  for (;;) {
    await pruneCache(cacheFolders(home), { maxBytes: 0 });
    process.stdout.write("pruned\n");
  }
}
