import { CoreError } from "@graft/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { asCoreError, connect } from "../../../apps/cli/src/server/client.ts";
import { openProcedure, router } from "../../../packages/api/src/rpc/trpc.ts";
import { ask } from "./ask.ts";
import { ADMIN, type StartedHost, startHost } from "./start-host.ts";

const said = z.object({ version: z.string(), api: z.literal(1) });
const answer = () => ({ version: "0.1.0", api: 1 as const });
const meta = { summary: "Which version", method: "GET", example: {} } as const;

/** A router with a procedure that another one replaced. */
const changing = router({
  system: router({
    version: openProcedure
      .meta({
        ...{ ...meta, path: "/system/version" },
        deprecated: { since: "2027-03-01", sunset: "2027-09-01", instead: "Ask /system/me." },
      })
      .output(said)
      .query(answer),
    me: openProcedure
      .meta({ ...meta, path: "/system/me" })
      .output(said)
      .query(answer),
  }),
});

let host: StartedHost;
let old: StartedHost;
beforeAll(async () => {
  host = await startHost();
  old = await startHost({ router: changing });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await old[Symbol.asyncDispose]();
});

it.each([
  ["REST", "/api/v1/system/version"],
  ["tRPC", "/api/v1/trpc/system.version"],
  ["a batch", "/api/v1/trpc/system.me,system.version?batch=1"],
])("an answer of a procedure that goes says so and when: %s", async (_, path) => {
  const { status, headers } = await ask(`${old.url}${path}`);
  expect(status).toBe(200);
  expect(headers.get("deprecation")).toBe(`@${Date.UTC(2027, 2, 1) / 1000}`);
  expect(headers.get("sunset")).toBe("Wed, 01 Sep 2027 00:00:00 GMT");
});

it("an answer in pieces says it, too, and one of a procedure that stays says nothing", async () => {
  const streamed = await fetch(`${old.url}/api/v1/trpc/system.me,system.version?batch=1`, {
    headers: { "trpc-accept": "application/jsonl", authorization: `Bearer ${ADMIN}` },
  });
  expect(await streamed.text()).toContain("0.1.0");
  expect(streamed.headers.get("deprecation")).toMatch(/^@\d+$/);
  for (const path of ["/api/v1/system/me", "/api/v1/trpc/system.me"]) {
    const { status, headers } = await ask(`${old.url}${path}`);
    expect([status, headers.get("deprecation"), headers.get("sunset")]).toEqual([200, null, null]);
  }
});

it("the document marks it", async () => {
  const { body } = await ask(`${old.url}/api/v1/openapi.json`);
  expect(body).toMatchObject({
    paths: {
      "/system/version": {
        get: {
          deprecated: true,
          description: "Not to be used since 2027-03-01: Ask /system/me. It goes on 2027-09-01.",
        },
      },
    },
  });
  expect(Object(body).paths["/system/me"].get).not.toHaveProperty("deprecated");
});

it("a client that is too new is refused with what to update, others are answered with the server's version", async () => {
  const askAs = (version: string, path = "/api/v1/system/version") =>
    ask(`${host.url}${path}`, { headers: { "graft-client": version } });
  for (const path of ["/api/v1/system/version", "/api/v1/trpc/system.version"]) {
    const refused = await askAs("0.2.0", path);
    expect([refused.status, refused.headers.get("graft-version")]).toEqual([426, "0.1.0"]);
    expect(JSON.stringify(refused.body)).toContain("Update the server to graft 0.2");
  }
  for (const version of ["0.1.7", "0.0.9", "a page", ""]) {
    const { status, headers } = await askAs(version);
    expect([status, headers.get("graft-version")]).toEqual([200, "0.1.0"]);
  }
  // a look at health is no call of the API
  expect((await askAs("9.0.0", "/health/live")).status).toBe(200);
});

it.each([
  ["0.2.0", "Update the server to graft 0.2, or install graft 0.1 at the client."],
  ["0.0.3", "Update the client: install graft 0.1 there."],
])("the command line of version %s says which side is to be updated", async (version, fix) => {
  const client = connect({ url: host.url, token: ADMIN }, version);
  const asked = client.api.system.me.query().catch((error: unknown) => {
    throw asCoreError(error, client.url);
  });
  await expect(asked).rejects.toMatchObject({ code: "unsupported", parts: { fix } });
  await expect(client.bytes("/system/me")).rejects.toMatchObject({ code: "unsupported", parts: { fix } });
});

it("the command line goes with every server of its minor version", async () => {
  const { api } = connect({ url: host.url, token: ADMIN }, "0.1.99");
  expect(await api.system.me.query()).toMatchObject({ role: "admin" });
  const refused: unknown = await connect({ url: host.url, token: "graft_x" }, "0.1.0")
    .api.system.me.query()
    .catch((error: unknown) => asCoreError(error, host.url));
  expect(refused).toBeInstanceOf(CoreError);
  expect(refused).toMatchObject({ code: "unauthorized" });
});
