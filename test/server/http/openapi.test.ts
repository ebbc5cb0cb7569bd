import { expect, it } from "vitest";
import * as z from "zod";
import { ask } from "./ask.ts";
import { openApiFaults } from "./openapi-faults.ts";
import { startHost } from "./start-host.ts";

it("describes every procedure and raw route, and can be resolved", async () => {
  await using host = await startHost();
  const { status, body, headers } = await ask(`${host.url}/api/v1/openapi.json`, { token: null });
  expect([status, headers.get("content-type")]).toEqual([200, "application/json"]);
  expect(openApiFaults(body)).toEqual([]);
  expect(body).toMatchObject({
    openapi: "3.1.0",
    servers: [{ url: "/api/v1" }],
    security: [{ bearer: [] }, { cookie: [] }],
    paths: {
      "/system/version": { get: { operationId: "system.version", tags: ["system"], security: [] } },
      "/things/{thing}": {
        get: {
          operationId: "things.echo",
          summary: "Says it again",
          parameters: [
            { name: "thing", in: "path", required: true, schema: { type: "string" }, example: "ball" },
            {
              name: "size",
              in: "query",
              required: false,
              schema: { type: "integer", minimum: 0 },
              example: 3,
            },
            { name: "isRound", in: "query", required: false, schema: { type: "boolean", default: false } },
            { name: "colours", in: "query", schema: { type: "array", items: { type: "string" } } },
            { name: "sizes", in: "query" },
            { name: "class", in: "query" },
          ],
          responses: {
            "200": { content: { "application/json": { schema: { required: ["thing", "isRound"] } } } },
          },
        },
        post: {
          parameters: [{ name: "thing", in: "path", example: "0123456789abcdefghjkmnpqrs" }],
          requestBody: {
            required: false,
            content: { "application/json": { example: { size: 3 }, schema: { properties: { size: {} } } } },
          },
        },
      },
      "/things/{thing}/count": { get: { responses: { "200": { content: { "text/event-stream": {} } } } } },
      "/enter": { post: { operationId: "session.enter", security: [], requestBody: { required: true } } },
    },
  });
  const again = await ask(`${host.url}/api/v1/openapi.json`, {
    headers: { "if-none-match": headers.get("etag") ?? "" },
  });
  expect([again.status, again.body]).toEqual([304, ""]);
});

it("names what lies beside the API, where it lies, with what it answers", async () => {
  await using host = await startHost();
  const { body } = await ask(`${host.url}/api/v1/openapi.json`);
  const { paths } = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) }).parse(body);
  const outside = z.object({ servers: z.tuple([z.object({ url: z.literal("/") })]), responses: z.unknown() });
  const found = Object.entries(paths).filter(([, { get }]) => outside.safeParse(get).success);
  expect(found.map(([path]) => path).sort()).toEqual([
    "/health",
    "/health/live",
    "/health/ready",
    "/metrics",
  ]);
  for (const [path, { get }] of found) {
    const { status, headers } = await ask(`${host.url}${path}`);
    const [type = ""] = (headers.get("content-type") ?? "").split(";");
    expect([path, status]).toEqual([path, 200]);
    expect(get).toMatchObject({ responses: { "200": { content: { [type]: {} } } } });
  }
});

const answers = { "200": { description: "A" } };
const operation = { operationId: "a", summary: "A", responses: answers };
const documentOf = (paths: object): object => ({
  openapi: "3.1.0",
  info: { title: "a", version: "1" },
  paths,
});

it("finds nothing in a document that is well", () => {
  expect(openApiFaults(documentOf({ "/a": { get: operation } }))).toEqual([]);
});

it.each([
  [
    "a reference to nothing",
    { "/a": { get: { ...operation, responses: { "200": { $ref: "#/components/x" } } } } },
    ["/paths//a/get/responses/200: #/components/x leads nowhere"],
  ],
  [
    "a part of a path that is not declared",
    { "/a/{b}": { get: operation } },
    ["get /a/{b}: {b} is not declared"],
  ],
  [
    "an id that two operations have",
    { "/a": { get: operation }, "/b": { get: operation } },
    ["get /b: operationId missing or twice"],
  ],
  ["no answer", { "/a": { get: { ...operation, responses: {} } } }, ["get /a: no answer"]],
  [
    "a type that there is not",
    {
      "/a": {
        post: {
          ...operation,
          requestBody: { content: { "application/json": { schema: { type: "text" } } } },
        },
      },
    },
    ["/paths//a/post/requestBody/content/application/json/schema: no such type: text"],
  ],
])("finds %s", (_, paths, faults) => expect(openApiFaults(documentOf(paths))).toEqual(faults));
