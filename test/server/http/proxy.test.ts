import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newToken } from "../../../packages/api/src/identity/secret.ts";
import { openTestIdentity, type TestIdentity } from "../identity/open-identity.ts";
import { ask } from "./ask.ts";
import { ADMIN, type StartedHost, startHost } from "./start-host.ts";

let identity: TestIdentity;
let open: StartedHost;
let behind: StartedHost;
beforeAll(async () => {
  identity = await openTestIdentity("pglite");
  const tokenReader = identity.services.identity;
  open = await startHost({ tokenReader });
  behind = await startHost({ tokenReader, proxies: "127.0.0.1" });
});
afterAll(async () => {
  for (const host of [open, behind]) await host[Symbol.asyncDispose]();
  await identity[Symbol.asyncDispose]();
});

/** Shows a token that nobody has. @param forwarded what stands in X-Forwarded-For */
async function guess(host: StartedHost, forwarded: string): Promise<number> {
  const { text } = await newToken();
  const headers = { "x-forwarded-for": forwarded };
  return (await ask(`${host.url}/api/v1/system/me`, { token: text, headers })).status;
}

/** Guesses until it is told to wait. @param forwarded of each guess */
async function guessesLeft(host: StartedHost, forwarded: (count: number) => string): Promise<number> {
  for (let count = 0; count < 60; count++) if ((await guess(host, forwarded(count))) === 429) return count;
  return 60;
}

describe("behind a proxy that is believed", () => {
  it("each address guesses for itself, whatever a client writes before it", async () => {
    const first = await guessesLeft(behind, (count) => `198.51.100.${count}, 192.0.2.7`);
    expect(first).toBe(30);
    expect(await guess(behind, "192.0.2.8")).toBe(401);
    // of one moment, so in no order
    const { items } = await identity.repository.audit.page({ limit: 50 });
    expect(items.map(({ from }) => from)).toContain("192.0.2.8");
    expect(items.map(({ from }) => from)).not.toContain("127.0.0.1");
  });

  it("its pages are those that the browser sees by https", async () => {
    const { secret } = await identity.person({ role: "member" });
    const enter = (headers: Record<string, string>) =>
      ask(`${behind.url}/api/v1/enter`, { method: "POST", token: null, body: { token: secret }, headers });
    const origin = behind.url.replace("http:", "https:");
    const entered = await enter({ origin, "x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.9" });
    expect([entered.status, entered.headers.get("set-cookie")]).toEqual([
      200,
      expect.stringContaining("; Secure"),
    ]);
    expect((await enter({ origin, "x-forwarded-for": "192.0.2.9" })).status).toBe(403);
    const told = behind.log.map((line): unknown => JSON.parse(line));
    expect(told).toContainEqual(expect.objectContaining({ route: "session.enter", from: "192.0.2.9" }));
  });
});

describe("where no proxy is believed", () => {
  it("nobody is somebody else by what they write", async () => {
    expect(await guessesLeft(open, (count) => `192.0.2.${count}`)).toBe(30);
    const forged = { "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https" };
    const origin = open.url.replace("http:", "https:");
    const entered = await ask(`${open.url}/api/v1/enter`, {
      ...{ method: "POST", token: null, body: { token: ADMIN } },
      headers: { ...forged, origin },
    });
    expect([entered.status, entered.headers.get("set-cookie")]).toEqual([403, null]);
    const told = open.log.map((line): unknown => JSON.parse(line));
    expect(told).toContainEqual(expect.objectContaining({ from: "127.0.0.1" }));
    expect(open.log.join("")).not.toContain("192.0.2");
  });
});
