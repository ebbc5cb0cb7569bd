import type { Identity } from "@graft/api";
import { describe, expect, it } from "vitest";
import { ask, exchange, talk } from "./ask.ts";
import { ADMIN, MEMBER, type StartedHost, startHost, WORKER } from "./start-host.ts";

/** Takes connections as a `WebSocketServer` does, and says so. */
function taker() {
  const taken: Identity[] = [];
  const ended: string[] = [];
  return {
    ...{ taken, ended },
    upgrade(_: unknown, socket: { write(text: string): void }, __: unknown, identity: Identity) {
      taken.push(identity);
      socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    },
    end: (token: string) => void ended.push(token),
  };
}

const connect = (path: string, ...headers: readonly string[]): string =>
  [`GET ${path} HTTP/1.1`, "connection: upgrade", "upgrade: websocket", ...headers, "", ""].join("\r\n");

const PATH = "/api/v1/workers/connect";
const HOST = "host: localhost";
const bearer = (token: string): string => `authorization: Bearer ${token}`;

describe("the door for workers of other machines", () => {
  it.each([WORKER, ADMIN])(
    "lets in a token that may do jobs, and sends it away when it ends",
    async (token) => {
      const workers = taker();
      await using host = await startHost({ workers, limits: { pingMs: 20 } });
      const { socket, waitFor } = await talk(host.port);
      socket.write(connect(PATH, HOST, bearer(token)));
      await waitFor(/^HTTP\/1\.1 101/);
      const [identity] = workers.taken;
      expect(workers.ended).toEqual([]);
      host.tokens.revoked.add(identity?.token.id ?? "");
      while (workers.ended.length === 0) await new Promise((go) => setTimeout(go, 5));
      expect(workers.ended[0]).toBe(identity?.token.id);
      socket.destroy();
    },
  );

  it.each([
    ["no token", [HOST], 401],
    ["an unknown one", [HOST, bearer("graft_no")], 401],
    ["one of another role", [HOST, bearer(MEMBER)], 403],
    [
      "a cookie of a page of another site",
      [HOST, `cookie: graft_token=${WORKER}`, "origin: https://evil.example"],
      403,
    ],
    ["another name of the server", ["host: evil.example", bearer(WORKER)], 421],
  ])("refuses %s", async (_, headers, status) => {
    const workers = taker();
    await using host = await startHost({ workers });
    const answer = await exchange(host.port, connect(PATH, ...headers));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*\r\n\r\n\\{"error":`, "s"));
    expect(workers.taken).toEqual([]);
  });

  it("is nowhere else", async () => {
    await using host = await startHost({ workers: taker() });
    expect(await exchange(host.port, connect("/", HOST, bearer(WORKER)))).toMatch(/^HTTP\/1\.1 404 /);
  });
});

it("a port that is taken before all is ready says so, and that its process lives", async () => {
  await using host: StartedHost = await startHost({ isStarting: true });
  const early = await ask(`${host.url}/api/v1/system/version`);
  expect([early.status, early.headers.get("retry-after")]).toEqual([503, "1"]);
  expect((await ask(`${host.url}/health/ready`)).status).toBe(503);
  expect((await ask(`${host.url}/health/live`)).status).toBe(200);
  expect(await exchange(host.port, connect(PATH, HOST, bearer(WORKER)))).toMatch(/^HTTP\/1\.1 503 /);
});
