import { setTimeout as wait } from "node:timers/promises";
import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  TRPCClientError,
} from "@trpc/client";
import { EventSource } from "eventsource";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask } from "./ask.ts";
import { ADMIN, MEMBER, type StartedHost, startHost, type testRouter } from "./start-host.ts";

let host: StartedHost;
beforeAll(async () => {
  host = await startHost();
});
afterAll(() => host[Symbol.asyncDispose]());

const bearer = { authorization: `Bearer ${ADMIN}` };
const api = (path: string): string => `${host.url}/api/v1${path}`;

/** A client as a page or a program makes one. */
const client = (link: typeof httpLink | typeof httpBatchLink | typeof httpBatchStreamLink) =>
  createTRPCClient<typeof testRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === "subscription",
        true: httpSubscriptionLink({
          url: api("/trpc"),
          EventSource,
          eventSourceOptions: {
            fetch: (url: string | URL, init: RequestInit) =>
              fetch(url, { ...init, headers: { ...init.headers, ...bearer } }),
          },
        }),
        false: link({ url: api("/trpc"), headers: bearer }),
      }),
    ],
  });

describe.each([
  ["httpLink", httpLink],
  ["httpBatchLink", httpBatchLink],
  ["httpBatchStreamLink", httpBatchStreamLink],
] as const)("a client with tRPC's %s", (_, link) => {
  it("asks, changes, and reads refusals", async () => {
    const { system, things } = client(link);
    const [version, made] = await Promise.all([
      system.version.query(),
      things.make.mutate({ thing: "ball", size: 3 }),
    ]);
    expect(version).toEqual({ version: "0.1.0", api: 1 });
    expect(made).toEqual({ thing: "ball", size: 3, isRound: false });
    const refused: unknown = await things.fail.mutate({ how: "conflict" }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TRPCClientError);
    expect(refused).toMatchObject({
      message: "It is there already. Received: ball. Take another.",
      data: { code: "CONFLICT", httpStatus: 409, error: { code: "conflict", parts: { received: "ball" } } },
    });
  });
});

describe("calls in a batch", () => {
  it("fail one by one, each with the status of its own", async () => {
    const { status, body } = await ask(
      api(`/trpc/system.version,system.nothing,things.echo?batch=1&input=${encodeURIComponent('{"2":{}}')}`),
    );
    expect(status).toBe(207);
    expect(body).toMatchObject([
      { result: { data: { version: "0.1.0" } } },
      { error: { data: { httpStatus: 404, code: "NOT_FOUND" } } },
      { error: { data: { httpStatus: 400, error: { facts: { issues: [{ path: "thing" }] } } } } },
    ]);
  });

  it("are not too many", async () => {
    const names = Array(65).fill("system.version").join(",");
    expect(await ask(api(`/trpc/${names}?batch=1`))).toMatchObject({
      status: 413,
      body: { error: { message: expect.stringContaining("Too many calls"), data: { httpStatus: 413 } } },
    });
  });
});

describe("the same procedure by both ways", () => {
  it.each([
    ["/system/version", "system.version", undefined],
    ["/system/me", "system.me", undefined],
    ["/things/ball", "things.echo", { thing: "ball" }],
    ["/things/ball?size=3&isRound=true", "things.echo", { thing: "ball", size: 3, isRound: true }],
    [
      "/things/ball?colours=a&colours=b&sizes=1.5",
      "things.echo",
      { thing: "ball", colours: ["a", "b"], sizes: [1.5] },
    ],
    ["/things/a%2Fb?class=", "things.echo", { thing: "a/b", class: null }],
  ])("GET %s", async (path, name, input) => {
    const query = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
    const [rest, rpc] = await Promise.all([ask(api(path)), ask(api(`/trpc/${name}${query}`))]);
    expect(rest.status).toBe(200);
    expect(rpc.body).toEqual({ result: { data: rest.body } });
  });

  it.each([
    ["POST", "/things/ball", { size: 3 }, "things.make", { thing: "ball", size: 3 }],
    ["POST", "/things/ball", undefined, "things.make", { thing: "ball" }],
    ["DELETE", "/things/ball", undefined, "things.end", { thing: "ball" }],
  ])("%s %s", async (method, path, body, name, input) => {
    const rest = await ask(api(path), { method, body });
    const rpc = await ask(api(`/trpc/${name}`), { method: "POST", body: input });
    expect(rest.status).toBe(200);
    expect(rpc.body).toEqual({ result: { data: rest.body } });
  });

  it.each([
    ["a refusal", "POST", "/fail", { how: "conflict" }, "things.fail", 409],
    ["a defect", "POST", "/fail", { how: "secret" }, "things.fail", 500],
    ["a wrong input", "POST", "/things/ball", { size: -1 }, "things.make", 400],
  ])("%s", async (_, method, path, body, name, status) => {
    const input = { ...body, ...(path === "/fail" ? {} : { thing: "ball" }) };
    const rest = await ask(api(path), { method, body });
    const rpc = await ask(api(`/trpc/${name}`), { method: "POST", body: input });
    expect([rest.status, rpc.status]).toEqual([status, status]);
    expect(rpc.body).toMatchObject({ error: { data: { error: (rest.body as { error: unknown }).error } } }); // as asked
    expect(JSON.stringify([rest.body, rpc.body])).not.toMatch(/secret|stack|at .*\.ts/);
  });

  it("without a token, and with one of another role", async () => {
    const end = (token: string | null) => ask(api("/things/ball"), { method: "DELETE", token });
    expect(await end(null)).toMatchObject({ status: 401, body: { error: { code: "unauthorized" } } });
    expect((await end(null)).headers.get("www-authenticate")).toContain("Bearer");
    expect(await end(MEMBER)).toMatchObject({ status: 403, body: { error: { code: "forbidden" } } });
    expect(await end("graft_nobody")).toMatchObject({ status: 401 });
    expect(await ask(api("/system/version"), { token: null })).toMatchObject({ status: 200 });
  });
});

describe("addresses and methods", () => {
  it("says what an address takes", async () => {
    const { status, headers, body } = await ask(api("/things/ball"), { method: "PATCH", body: {} });
    expect([status, headers.get("allow")]).toEqual([405, "GET, POST, DELETE"]);
    expect(body).toMatchObject({ error: { code: "unsupported" } });
  });

  it("answers HEAD as GET, without the body", async () => {
    const response = await fetch(api("/system/version"), { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect(response.headers.get("content-length")).toBe("27");
  });

  it.each(["/nothing", "/things//count", "/things/%FF", "/trpc/nothing", "/trpc/things.echo.more", "/trpc/"])(
    "has nothing at %s",
    async (path) => expect((await ask(api(path))).status).toBe(404),
  );

  it("does no change that is asked for with GET", async () => {
    expect((await ask(api("/trpc/things.make"))).status).toBe(405);
    expect((await ask(api("/trpc/things.make,things.make?batch=1"))).body).toMatchObject([
      { error: { data: { code: "METHOD_NOT_SUPPORTED" } } },
      { error: { data: { code: "METHOD_NOT_SUPPORTED" } } },
    ]);
  });

  it("gives the id of a request back, or one of its own", async () => {
    const given = await ask(api("/system/version"), { headers: { "x-request-id": "my-request-1" } });
    expect(given.headers.get("x-request-id")).toBe("my-request-1");
    for (const id of ["short", ADMIN, "a".repeat(100), "with space in it"]) {
      const made = await ask(api("/system/version"), { headers: { "x-request-id": id } });
      expect(made.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

/** What an `EventSource` hears until its stream ends, with a break after each `breakAfter` events. */
describe("streams of events", () => {
  it("tell tRPC's client all events, and that there are no more", async () => {
    const seen: unknown[] = [];
    await new Promise<void>((settle, reject) => {
      client(httpLink).things.count.subscribe(
        { thing: "ball", to: 50 },
        { onData: (event) => seen.push(event), onComplete: settle, onError: reject },
      );
    });
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => ({ id: String(i + 1), data: { i: i + 1 } })));
  });

  it.each([
    ["the procedure's", { thing: "ball", to: 9, failAfter: 3 }, 3, "not-found"],
    ["one before the first event", { thing: "ball", to: -0.5 }, 0, "bad-input"],
  ])("tell tRPC's client of an error: %s", async (_, input, events, code) => {
    let seen = 0;
    const error = await new Promise((settle, reject) => {
      client(httpLink).things.count.subscribe(input, {
        onData: () => seen++,
        onComplete: () => reject(new Error("it ended well")),
        onError: settle,
      });
    });
    expect(seen).toBe(events);
    expect(error).toMatchObject({ data: { error: { code } } });
  });

  it("go on where an EventSource broke off, none lost and none twice", async () => {
    await using other = await startHost();
    const url = `${other.url}/api/v1/things/ball/count?to=200&everyMs=1`;
    const source = new EventSource(url, {
      fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...bearer } }),
    });
    const seen: string[] = [];
    let breaks = 0;
    await new Promise<void>((settle) => {
      source.addEventListener("end", () => settle());
      source.addEventListener("message", ({ lastEventId }) => {
        seen.push(lastEventId);
        // as a network does it: nobody says goodbye
        if (seen.length % 70 === 0) {
          breaks++;
          other.cutAll();
        }
      });
    });
    source.close();
    expect(breaks).toBe(2);
    expect(seen).toEqual(Array.from({ length: 200 }, (_, i) => String(i + 1)));
  });

  it("begin after the event that the address names", async () => {
    const { body } = await ask(api("/things/ball/count?to=3&lastEventId=2"));
    expect(body).toBe('retry: 1000\n: connected\n\nid: 3\ndata: {"i":3}\n\nevent: end\ndata: {}\n\n');
    const header = await ask(api("/things/ball/count?to=3&lastEventId=1"), {
      headers: { "last-event-id": "2" },
    });
    expect(header.body).toBe(body);
  });

  it("tell of an error, before they begin by their status, then by an event", async () => {
    expect(await ask(api("/things/ball/count?to=x"))).toMatchObject({ status: 400 });
    const { body } = await ask(api("/things/ball/count?to=9&failAfter=1"));
    expect(body).toMatch(/id: 1\ndata: .*\n\nevent: failed\ndata: {"error":{.*"code":"not-found".*}}\n\n$/);
  });

  it("show that they live, and end with their token", async () => {
    await using other = await startHost({ limits: { pingMs: 30 } });
    const response = await fetch(`${other.url}/api/v1/things/ball/count?to=2&everyMs=60000`, {
      headers: bearer,
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (text.split(": ping\n\n").length < 4) text += (await reader?.read())?.value ?? "";
    other.tokens.revoked.add("id-of-admin");
    for (;;) {
      const piece = await reader?.read();
      if (piece?.done !== false) break;
      text += piece.value;
    }
    expect(text).toMatch(/event: failed\ndata: {"error":{.*The token of this stream ended or was revoked/);
    expect(other.streams.total).toBe(0);
  });

  it("give the procedure a signal when the client leaves", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const response = await fetch(api("/things/ball/count?to=2&everyMs=60000"), { headers: bearer, signal });
    expect(host.streams.total).toBe(1);
    controller.abort();
    await response.text().catch(() => undefined);
    while (host.streams.total > 0) await wait(5);
  });
});

it("says what is wrong with an input in sentences", async () => {
  const { body } = await ask(`${host.url}/api/v1/trpc/things.make`, { method: "POST", body: 5 });
  expect(JSON.stringify(body)).toContain("The input cannot be used. It must be an object, and is 5.");
});
