import { execFileSync } from "node:child_process";
import { mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { temporaryFolder } from "../cli/run-graft.ts";
import { ask, talk } from "../server/http/ask.ts";
import { CONTAINER, makeProgram, start } from "./run-start.ts";

/** A server and a worker as the compose file starts them, without containers. */
let folder = "";
let bin = "";
let tokenFile = "";
beforeAll(async () => {
  folder = await temporaryFolder("container-serve");
  bin = await makeProgram(folder, true);
  // a volume, in a container
  await mkdir(join(folder, "workers"));
  tokenFile = join(folder, "workers", "token");
});

const isHealthy = (port: string): boolean => {
  try {
    execFileSync(process.execPath, [join(CONTAINER, "health.mjs")], { env: { GRAFT_PORT: port } });
    return true;
  } catch {
    return false;
  }
};

it.skipIf(process.platform !== "linux")("serves, lets a worker in, and ends as it is told", async () => {
  const server = start(["serve"], bin, {
    ...{ GRAFT_HOME: join(folder, "home"), GRAFT_BIND: "127.0.0.1", GRAFT_PORT: "0", GRAFT_WORKERS: "0" },
    GRAFT_WORKER_TOKEN_FILE: tokenFile,
  });
  const line = await server.waitFor(/^http:\S+\/enter#\S+\n/);
  const [url = "", admin = ""] = line.trim().split("/enter#");
  const { port } = new URL(url);
  const worker = start(["worker"], bin, {
    ...{ GRAFT_HOME: join(folder, "worker"), GRAFT_SERVER: url, GRAFT_TOKEN_FILE: tokenFile },
  });
  expect(isHealthy(port)).toBe(true);
  const token = (await readFile(tokenFile, "utf8")).trim();
  expect((await stat(tokenFile)).mode & 0o777).toBe(0o600);
  expect((await ask(`${url}/api/v1/system/me`, { token })).body).toMatchObject({ role: "worker" });

  // graft is the process that the container's init speaks to, and no secret stands in what everybody can see
  await server.waitFor(new RegExp(`"pid":${server.child.pid}\\b`));
  for (const { child } of [server, worker]) {
    const line = await readFile(`/proc/${child.pid}/cmdline`, "utf8");
    expect(line).toContain("apps/cli/bundle/main.js");
    for (const secret of [token, admin]) expect(line).not.toContain(secret);
  }

  await worker.waitFor(/Connected to 127\.0\.0\.1/);
  // its row is written when the server has compared its proof
  const workers = async () => (await ask(`${url}/api/v1/workers`, { token: admin })).body;
  await expect.poll(workers, { timeout: 60_000 }).toMatchObject([{ kind: "remote" }]);
  worker.child.kill("SIGTERM");
  expect((await worker.done).code).toBe(0);

  // a request that is under way has its answer before the server ends
  const under = await talk(Number(port));
  const body = JSON.stringify({ name: "Begun before the end" });
  under.socket.write(
    `POST /api/v1/datasets HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${admin}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nexpect: 100-continue\r\n\r\n`,
  );
  await under.waitFor(/100 Continue/);
  server.child.kill("SIGTERM");
  await server.waitFor(/The server ends\./);
  expect(isHealthy(port)).toBe(false);
  under.socket.write(body);
  expect(await under.closed).toMatch(/HTTP\/1\.1 200 [\s\S]*Begun before the end/);
  const { code, stderr } = await server.done;
  expect([code, stderr]).toEqual([0, expect.stringContaining("The server has ended.")]);
});
