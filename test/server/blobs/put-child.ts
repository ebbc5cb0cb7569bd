/**
 * Puts an endless stream into the folder argv[2], says so by a line once some of it is on the disk, and goes on; the test kills
 * it there.
 */
import { openBlobStore } from "../../../apps/server/src/blobs/open-blob-store.ts";

const [, , root = ""] = process.argv;
const blobs = await openBlobStore(root);
const endless = async function* (): AsyncGenerator<Uint8Array> {
  for (let at = 0; ; at++) {
    if (at === 12) process.stdout.write("half\n");
    await new Promise((resolve) => setTimeout(resolve, at < 12 ? 0 : 20));
    yield new Uint8Array(2 ** 20).fill(at);
  }
};
await blobs.put(endless());
