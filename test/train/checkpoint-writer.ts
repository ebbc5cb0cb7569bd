// Bundled, with FOLDER and EPOCH behind it: saves checkpoint after checkpoint into FOLDER,
// from the one after EPOCH on, and tells of each when it is on disk. crash.test.ts kills it.
import { openCheckpointStore } from "@graft/core/node";
import { writtenCheckpoint } from "./written-checkpoint.ts";

const [folder = "", from = "0"] = process.argv.slice(2);
const store = openCheckpointStore(folder);
await store.load();
for (let epoch = Number(from) + 1; ; epoch++) {
  await store.save(writtenCheckpoint(epoch));
  process.stdout.write(`${epoch}\n`);
}
