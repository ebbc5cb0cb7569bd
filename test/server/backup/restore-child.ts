/**
 * Restores a backup and says on its output how far it is, until it is killed.
 * `node … restore-child.ts FILE PLACE`, as JSON
 */
import { writeSync } from "node:fs";
import { restoreBackup } from "@graft/server";

const [file = "", place = ""] = process.argv.slice(2);
await restoreBackup(file, JSON.parse(place), {
  onProgress: ({ phase, done }) => void writeSync(1, `${phase} ${done}\n`),
});
