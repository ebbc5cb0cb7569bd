// node --conditions=graft-source --import tsx remote-child.ts OPTIONS: a worker of another machine, but for the machine; see
// remote-workers.test.ts. It ends as `graft worker` does, by SIGTERM.
import { workForServer } from "../../../apps/server/src/workers/remote/work-for-server.ts";

const controller = new AbortController();
process.once("SIGTERM", () => controller.abort());
const { backends, ...options } = JSON.parse(process.argv[2] ?? "{}");
try {
  await workForServer({
    ...{ ...options, env: process.env, signal: controller.signal, checkpointMs: 0 },
    ...(backends ? { backends } : {}),
    onLog: (line) => console.log(line),
  });
} catch (error) {
  console.log(String(error));
  process.exitCode = 1;
}
