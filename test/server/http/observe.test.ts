import { setTimeout as wait } from "node:timers/promises";
import { hideSecrets } from "@graft/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLog } from "../../../apps/server/src/http/observe/log.ts";
import { newCode, newToken } from "../../../packages/api/src/identity/secret.ts";
import { ask, exchange } from "./ask.ts";
import { ADMIN, MEMBER, type StartedHost, startHost } from "./start-host.ts";

let host: StartedHost;
beforeAll(async () => {
  host = await startHost();
});
afterAll(() => host[Symbol.asyncDispose]());

/** Lines of the log that a request wrote. */
async function lines(id: string): Promise<Record<string, unknown>[]> {
  const found = (): Record<string, unknown>[] =>
    host.log.map((line): Record<string, unknown> => JSON.parse(line)).filter(({ request }) => request === id);
  while (!found().some(({ msg }) => msg === "request")) await wait(2);
  return found();
}

describe("the log", () => {
  it("has a line for each request, under its id", async () => {
    await ask(`${host.url}/api/v1/things/ball?size=3`, {
      headers: { "x-request-id": "a-read-that-is-well" },
    });
    expect(await lines("a-read-that-is-well")).toEqual([
      {
        ...{ level: "debug", time: expect.stringMatching(/^\d{4}-.*Z$/), pid: process.pid, msg: "request" },
        ...{
          request: "a-read-that-is-well",
          route: "things.echo",
          method: "GET",
          path: "/api/v1/things/ball",
        },
        ...{ status: 200, ms: expect.any(Number), from: "127.0.0.1" },
        ...{ account: "account-admin", token: "id-of-admin" },
      },
    ]);
    await ask(`${host.url}/api/v1/things/ball`, {
      method: "POST",
      body: {},
      headers: { "x-request-id": "a-change-1" },
    });
    expect(await lines("a-change-1")).toMatchObject([{ level: "info", route: "things.make", status: 200 }]);
  });

  it("tells of a defect with its stack, and the client gets none of it", async () => {
    const { body } = await ask(`${host.url}/api/v1/fail`, {
      ...{ method: "POST", body: { how: "by itself" } },
      headers: { "x-request-id": "a-defect-1" },
    });
    expect(JSON.stringify(body)).not.toMatch(/by itself|\.ts/);
    expect(await lines("a-defect-1")).toMatchObject([
      {
        level: "error",
        msg: "A request failed.",
        err: { message: expect.stringContaining("by itself"), stack: expect.any(String) },
      },
      { level: "info", status: 500 },
    ]);
  });

  it("says of a client that left before it had its answer", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const left = fetch(`${host.url}/api/v1/wait?ms=300`, {
      ...{ signal, headers: { authorization: `Bearer ${ADMIN}`, "x-request-id": "one-who-left" } },
    }).catch(() => undefined);
    await wait(50);
    controller.abort();
    await left;
    expect(await lines("one-who-left")).toMatchObject([{ status: 499, route: "things.wait" }]);
  });
});

describe("secrets", () => {
  it.each([
    ["a token", newToken],
    ["a code", newCode],
  ])("are in no line, by whatever way %s comes", async (_, make) => {
    const { text: secret } = await make();
    await using other = await startHost({ level: "trace", hide: hideSecrets });
    const { url, port, log } = other;
    const as = (headers: Record<string, string>) => ({ token: null, headers });
    await ask(`${url}/api/v1/system/me`, { token: secret });
    await ask(`${url}/api/v1/system/me`, as({ cookie: `graft_token=${secret}` }));
    await ask(`${url}/api/v1/system/me`, as({ authorization: secret, "x-request-id": secret }));
    await ask(`${url}/api/v1/system/me`, as({ "user-agent": secret, referer: `http://localhost/${secret}` }));
    await ask(`${url}/api/v1/enter`, { method: "POST", token: null, body: { token: secret } });
    await ask(`${url}/api/v1/enter`, { method: "POST", token: null, body: { token: `${secret}x` } });
    for (const path of [
      `/enter/${secret}`,
      `/${secret}`,
      `/api/v1/things/${secret}`,
      `/api/v1/trpc/${secret}`,
    ])
      await ask(`${url}${path}?token=${secret}&input=${secret}`, { token: MEMBER });
    await ask(`${url}/api/v1/fail`, { method: "POST", body: { how: secret } });
    await ask(`${url}/api/v1/things/ball`, { method: "POST", body: { [secret]: secret, size: secret } });
    await exchange(port, `GET /${secret} HTTP/1.1\r\nhost: ${secret}\r\nconnection: close\r\n\r\n`);
    await exchange(port, `${secret}\r\n\r\n`);
    await ask(`${url}/health/live`, { headers: { "x-request-id": "the-last-one" } });
    while (!log.some((line) => line.includes("the-last-one"))) await wait(2);
    expect(log.length).toBeGreaterThan(12);
    expect(log.filter((line) => line.toLowerCase().includes(secret.toLowerCase()))).toEqual([]);
    expect(log.join("")).toContain("[token]");
  });

  it("are taken out of what somebody else gives to the log, too", () => {
    const written: string[] = [];
    const log = openLog({ level: "info", hide: hideSecrets, write: (line) => void written.push(line) });
    log.info({ err: new Error(`no ${ADMIN}`), deep: { list: [ADMIN] } }, ADMIN);
    expect(written.join("")).not.toContain(ADMIN);
  });

  it("do not hang on an error that is told: its kind, words and causes are", () => {
    const written: string[] = [];
    const log = openLog({ level: "info", hide: (text) => text, write: (line) => void written.push(line) });
    const broken = Object.assign(new Error("it broke"), { code: "57P01", client: { secretKey: 4711 } });
    log.error({ err: new TypeError("no store", { cause: broken }) }, "store");
    log.error({ err: "no error at all" }, "odd");
    const [first, second] = written.map((line) => JSON.parse(line).err);
    expect(first).toMatchObject({ type: "TypeError", message: "no store", stack: expect.any(String) });
    expect(first.cause).toMatchObject({ type: "Error", message: "it broke", code: "57P01" });
    expect(second).toEqual({ message: "no error at all" });
    expect(written.join("")).not.toContain("4711");
  });
});

describe("metrics", () => {
  it("count requests by procedure and status, also those in a batch, and time them", async () => {
    await using other = await startHost();
    const { url } = other;
    await ask(`${url}/api/v1/system/version`);
    await ask(`${url}/api/v1/trpc/system.version,system.nothing?batch=1`);
    await ask(`${url}/api/v1/things/ball?size=x`);
    await ask(`${url}/api/v1/${"nothing/".repeat(9)}`);
    const { body } = await ask(`${url}/metrics`, { token: null });
    expect(body).toContain('graft_requests_total{procedure="system.version",status="200"} 2');
    expect(body).toContain('graft_requests_total{procedure="things.echo",status="400"} 1');
    // what is no procedure has one name, however many there are
    expect(body).toContain('graft_requests_total{procedure="none",status="404"} 2');
    expect(body).toContain('graft_request_seconds_count{procedure="system.version"} 2');
    expect(body).toMatch(/^process_resident_memory_bytes \d+/m);
  });

  it("say how many streams are open, how long jobs took and how many images went through", async () => {
    await using other = await startHost({
      jobs: [
        { kind: "train", state: "waiting" },
        { kind: "train", state: "waiting" },
      ],
    });
    const stream = await fetch(`${other.url}/api/v1/things/ball/count?to=2&everyMs=60000`, {
      headers: { authorization: `Bearer ${ADMIN}` },
    });
    other.metrics.job("train", "done", 5);
    other.metrics.images("through-trunk", 64);
    const { body } = await ask(`${other.url}/metrics`);
    expect(body).toContain("graft_open_streams 1");
    expect(body).toContain('graft_queue_jobs{kind="train",state="waiting"} 2');
    // nothing of these is there, which is a figure, too
    expect(body).toContain('graft_queue_jobs{kind="train",state="active"} 0');
    expect(body).toContain('graft_queue_jobs{kind="find-rate",state="waiting"} 0');
    expect(body).toContain('graft_job_seconds_bucket{le="10",kind="train",end="done"} 1');
    expect(body).toContain('graft_images_total{what="through-trunk"} 64');
    await stream.body?.cancel();
  });

  it("are for this machine itself and for admins; behind a proxy for admins alone", async () => {
    const proxied = (token: string | null) =>
      ask(`${host.url}/metrics`, { token, headers: { "x-forwarded-for": "192.0.2.1" } });
    expect((await ask(`${host.url}/metrics`, { token: null })).status).toBe(200);
    expect((await proxied(null)).status).toBe(401);
    expect((await proxied(MEMBER)).status).toBe(403);
    expect((await proxied(ADMIN)).status).toBe(200);
  });
});

it("health tells ready from alive, to everybody", async () => {
  await using other = await startHost();
  const health = async (of: string) => (await ask(`${other.url}/health${of}`, { token: null })).status;
  const all = async () => [await health(""), await health("/live"), await health("/ready")];
  expect(await all()).toEqual([200, 200, 200]);
  other.isReady = false;
  expect(await all()).toEqual([503, 200, 503]);
  const { body } = await ask(`${other.url}/health`, { token: null });
  expect(body).toEqual({ status: "not ready", reason: expect.any(String) });
  expect((await ask(`${other.url}/health`, { method: "POST" })).status).toBe(405);
  expect((await ask(`${other.url}/health/nothing`)).status).toBe(404);
});
