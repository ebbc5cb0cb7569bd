// node --import tsx worker-child.ts OPTIONS: what `graft worker` runs, as it is built, with checkpoints as often as OPTIONS say. It
// ends with who started it.
import { workForServer } from "@graft/server";

const controller = new AbortController();
process.once("disconnect", () => process.exit(1));
process.once("SIGTERM", () => controller.abort());
await workForServer({
  ...{ ...JSON.parse(process.argv[2] ?? "{}"), env: process.env, signal: controller.signal },
  onLog: (line) => void process.stdout.write(`${line}\n`),
});
process.exit(0);
