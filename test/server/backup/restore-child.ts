/**
 * Restores a backup and says on its output how far it is, until it is killed.
 * `node … restore-child.ts FILE HOME [DATABASE]`
 */
import { writeSync } from "node:fs";
import { restoreBackup } from "@graft/server";

const [file = "", home = "", databaseUrl] = process.argv.slice(2);
await restoreBackup(
  file,
  { home, databaseUrl },
  { onProgress: ({ phase, done }) => void writeSync(1, `${phase} ${done}\n`) },
);
