import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, exchange } from "./ask.ts";
import { ADMIN, CONTRIBUTOR, MEMBER, type StartedHost, startHost, waiting } from "./start-host.ts";

const FRIEND = "https://friend.example";

let host: StartedHost;
beforeAll(async () => {
  host = await startHost({ origins: [FRIEND] });
});
afterAll(() => host[Symbol.asyncDispose]());

const api = (path: string): string => `${host.url}/api/v1${path}`;
const cookie = `graft_token=${ADMIN}`;
const END = { method: "DELETE", token: null } as const;

describe("a cookie", () => {
  it("is made from a token, for this server's own pages alone", async () => {
    const { status, headers, body } = await ask(api("/enter"), {
      method: "POST",
      token: null,
      body: { token: ADMIN },
    });
    expect(status).toBe(200);
    expect(body).toEqual({ account: "account-admin", name: "a admin", role: "admin", endsAt: null });
    expect(headers.get("set-cookie")).toMatch(
      new RegExp(`^graft_token=${ADMIN}; Path=/; Max-Age=\\d+; HttpOnly; SameSite=Strict$`),
    );
  });

  it("is not made from a wrong one, nor for a page of another site", async () => {
    const wrong = await ask(api("/enter"), { method: "POST", token: null, body: { token: "graft_no" } });
    expect([wrong.status, wrong.headers.get("set-cookie")]).toEqual([401, null]);
    const foreign = await ask(api("/enter"), {
      ...{ method: "POST", token: null, body: { token: ADMIN } },
      headers: { origin: "https://evil.example" },
    });
    expect([foreign.status, foreign.headers.get("set-cookie")]).toEqual([403, null]);
    for (const body of [{}, { token: 3 }, { token: "" }, [], null])
      expect((await ask(api("/enter"), { method: "POST", token: null, body })).status).toBe(400);
  });

  it("says who one is", async () => {
    const { status, body } = await ask(api("/system/me"), {
      token: null,
      headers: { cookie: `a=b; ${cookie}; c=d` },
    });
    expect([status, body]).toEqual([200, expect.objectContaining({ role: "admin" })]);
  });

  it("goes behind a token that is shown", async () => {
    const { body } = await ask(api("/system/me"), { token: MEMBER, headers: { cookie } });
    expect(body).toMatchObject({ role: "member" });
  });

  it("changes something only from this server's own pages", async () => {
    const end = (headers: Record<string, string>) => ask(api("/things/ball"), { ...END, headers });
    expect((await end({ cookie, origin: host.url })).status).toBe(200);
    expect(await end({ cookie })).toMatchObject({ status: 403, body: { error: { code: "forbidden" } } });
    for (const origin of ["https://evil.example", "null", `${host.url}.evil.example`, "http://127.0.0.1:1"])
      expect((await end({ cookie, origin })).status).toBe(403);
  });

  it("that is good no more is taken away", async () => {
    const { status, headers } = await ask(api("/system/me"), {
      token: null,
      headers: { cookie: "graft_token=graft_old" },
    });
    expect([status, headers.get("set-cookie")]).toEqual([
      401,
      expect.stringMatching(/^graft_token=; .*Max-Age=0/),
    ]);
    const page = await ask(`${host.url}/`, { token: null, headers: { cookie: "graft_token=graft_old" } });
    expect([page.status, page.body]).toEqual([200, expect.stringContaining("You have not come in")]);
  });

  it("is forgotten when one leaves", async () => {
    const { status, headers } = await ask(api("/leave"), {
      method: "POST",
      token: null,
      headers: { cookie, origin: host.url },
    });
    expect([status, headers.get("set-cookie")]).toEqual([
      200,
      expect.stringMatching(/^graft_token=; .*Max-Age=0/),
    ]);
  });

  it.each(["Basic YWRtaW46", ADMIN, "Bearer", "Bearer a b"])(
    "an Authorization header %s is no token",
    async (value) => {
      const { status } = await ask(api("/system/version"), {
        token: null,
        headers: { authorization: value },
      });
      expect(status).toBe(401);
    },
  );
});

describe("pages of other sites", () => {
  it("get nothing, with a token and without", async () => {
    for (const origin of ["https://evil.example", "null", "https://friend.example.evil.example"])
      for (const path of ["/system/version", "/trpc/system.version", "/openapi.json"]) {
        const { status, headers } = await ask(api(path), { headers: { origin } });
        expect([status, headers.get("access-control-allow-origin")]).toEqual([403, null]);
      }
  });

  it("that are named may read answers, by a token that they know", async () => {
    const { status, headers } = await ask(api("/system/me"), { headers: { origin: FRIEND } });
    expect([status, headers.get("access-control-allow-origin"), headers.get("vary")]).toEqual([
      200,
      FRIEND,
      "origin",
    ]);
    expect(headers.get("access-control-allow-credentials")).toBeNull();
    const refused = await ask(api("/system/me"), { token: null, headers: { origin: FRIEND } });
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([401, FRIEND]);
  });

  it("ask before they call", async () => {
    const preflight = (origin: string) =>
      ask(api("/things/ball"), {
        ...{ method: "OPTIONS", token: null },
        headers: {
          origin,
          "access-control-request-method": "DELETE",
          "access-control-request-headers": "authorization",
        },
      });
    const { status, headers } = await preflight(FRIEND);
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-methods")).toContain("DELETE");
    expect(headers.get("access-control-allow-headers")).toContain("authorization");
    expect((await preflight("https://evil.example")).headers.get("access-control-allow-methods")).toBeNull();
  });
});

describe("every answer", () => {
  it.each([
    "/",
    "/enter",
    "/nothing",
    "/metrics",
    "/health/live",
    "/api/v1/system/version",
    "/api/v1/openapi.json",
    "/api/v1/nothing",
  ])("of %s can do nothing in a browser but what it is for", async (path) => {
    const { headers } = await ask(`${host.url}${path}`);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });

  it.each(["/", "/enter"])("of the page %s runs no script that is not its own", async (path) => {
    const { headers, body } = await ask(`${host.url}${path}`);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:/);
    expect(policy.includes("script-src")).toBe(path === "/enter");
    expect(String(body)).not.toMatch(/\son\w+=|style=|src=/);
  });
});

describe("a token", () => {
  it("makes no more requests a minute than its role may", async () => {
    const get = `GET /api/v1/system/version HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${CONTRIBUTOR}\r\n`;
    // 3,000 at once; some more come to it while they are sent
    const many = `${get}\r\n`.repeat(3999);
    const answers = await exchange(host.port, `${many}${get}connection: close\r\n\r\n`);
    const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
    expect(statuses).toHaveLength(4000);
    expect(statuses.slice(0, 3000).every((status) => status === 200)).toBe(true);
    expect(statuses.at(-1)).toBe(429);
    expect(answers).toMatch(/retry-after: \d+/);
    // it is nobody else's fault
    expect((await ask(api("/system/version"), { token: MEMBER })).status).toBe(200);
  });

  it("lets nobody in from the moment that it is revoked", async () => {
    await using other = await startHost();
    const me = async (): Promise<number> =>
      (await ask(`${other.url}/api/v1/system/me`, { token: MEMBER })).status;
    expect([await me(), await me()]).toEqual([200, 200]);
    other.tokens.revoked.add("id-of-member");
    expect([await me(), await me()]).toEqual([401, 401]);
    expect((await ask(`${other.url}/api/v1/system/me`)).status).toBe(200);
  });

  it("that lets nobody in is told as such on every address that needs one", async () => {
    for (const path of ["/system/me", "/things/ball", "/trpc/system.me", "/trpc/system.me?batch=1"]) {
      const { status, body } = await ask(api(path), { token: "graft_nobody" });
      expect([status, JSON.stringify(body)]).toEqual([
        401,
        expect.stringContaining("This token lets nobody in."),
      ]);
    }
  });
});

it("lets requests under way end when it closes, takes no others, and has streams come back elsewhere", async () => {
  const other = await startHost();
  const stream = await fetch(`${other.url}/api/v1/things/ball/count?to=2&everyMs=60000`, {
    headers: { authorization: `Bearer ${ADMIN}` },
  });
  const slow = ask(`${other.url}/api/v1/wait?ms=300`);
  while (waiting.count === 0) await wait(5);
  const closed = other.host.close(5000);
  // neither "end" nor "failed": the client tries again
  expect(await stream.text()).toBe("retry: 1000\n: connected\n\n");
  await expect(fetch(other.url)).rejects.toThrow();
  expect((await slow).status).toBe(200);
  await closed;
});
