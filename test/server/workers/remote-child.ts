// node --conditions=graft-source --import tsx remote-child.ts OPTIONS: a worker of another machine, but for the machine; see
// remote-workers.test.ts. It ends as `graft worker` does, by SIGTERM.
import { workForServer } from "../../../apps/server/src/workers/remote/work-for-server.ts";

const controller = new AbortController();
process.once("SIGTERM", () => controller.abort());
const { server, token, version, home, name } = JSON.parse(process.argv[2] ?? "{}");
try {
  await workForServer({
    ...{ server, token, version, home, name, env: process.env, signal: controller.signal, checkpointMs: 0 },
    onLog: (line) => console.log(line),
  });
} catch (error) {
  console.log(String(error));
  process.exitCode = 1;
}
