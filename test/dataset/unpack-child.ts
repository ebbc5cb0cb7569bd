/**
 * Opens the archive argv[2] with the home argv[3], stops for good in the middle of unpacking and says so by a line;
 * the test kills it there.
 */
import { openDataset } from "@graft/core/node";

const [, , archive = "", home = ""] = process.argv;
await openDataset(archive, {
  home,
  env: {},
  fetch,
  inspect: () => Promise.reject(new Error("unpacking did not stop")),
  onProgress: ({ done, total }) => {
    if (done < total / 2) return;
    process.stdout.write("half\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
