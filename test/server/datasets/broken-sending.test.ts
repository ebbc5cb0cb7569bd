import { randomBytes } from "node:crypto";
import { apiRouter, type Caller, SPOOLED_BYTES } from "@graft/api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { HTTP_LIMITS } from "../../../apps/server/src/http/access/limits.ts";
import { openApiDocument } from "../../../apps/server/src/http/openapi/document.ts";
import { uploadRoutes } from "../../../apps/server/src/http/raw/upload-routes.ts";
import { operationsOf } from "../../../apps/server/src/http/rpc/operations.ts";
import { ask, exchange, talk } from "../http/ask.ts";
import { ADMIN, type StartedHost, startHost } from "../http/start-host.ts";
import { type OpenedDatasets, openDatasets, sha256 } from "./open-datasets.ts";

const Sent = z.object({ bytes: z.int() });

/** Above what is sent whole. */
const BYTES = 8 * 2 ** 20;
const HALF = BYTES / 2;

let opened: OpenedDatasets;
let host: StartedHost;
let caller: Caller;
beforeAll(async () => {
  opened = await openDatasets({ hasWorker: false });
  // whose token the host knows
  caller = await opened.person({ id: "account-admin", role: "admin" });
  host = await startHost({
    limits: { idleMs: 400 },
    raw: (limits) => uploadRoutes(opened.services.uploads, limits),
  });
});
afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await opened[Symbol.asyncDispose]();
});

/** A file that a server waits for. */
async function newFile(bytes: Uint8Array = randomBytes(BYTES)) {
  const { datasets, uploads } = opened.services;
  const { dataset } = await datasets.create(caller, { name: "films", classes: [], known: null });
  const asked = { dataset: dataset.id, class: null, labelsFrom: null };
  const { id } = await uploads.create(caller, asked);
  const hash = sha256(bytes);
  await uploads.plan(caller, id, [{ path: "film.mp4", hash, bytes: bytes.length }]);
  const path = `/api/v1/uploads/${id}/blobs/${hash}`;
  const headOf = (length: number, offset: number): string =>
    `PUT ${path}?offset=${offset} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${ADMIN}\r\ncontent-length: ${length}\r\n\r\n`;
  return {
    ...{ bytes, hash, path, headOf },
    async put(body: Uint8Array, offset: number) {
      const headers = { authorization: `Bearer ${ADMIN}` };
      const answer = await fetch(`${host.url}${path}?offset=${offset}`, { method: "PUT", headers, body });
      const told: unknown = await answer.json();
      return { status: answer.status, told };
    },
    sent: async () => (await ask(`${host.url}${path}`)).body,
  };
}

/** When the server has noted how a request ended. */
async function noted(before: number): Promise<void> {
  while (!host.log.slice(before).some((line) => line.includes("uploads.send")))
    await new Promise((settle) => setTimeout(settle, 5));
}

describe("what a server has of a large file stays", () => {
  test("when the sender's connection breaks, and the file goes on from there", async () => {
    const file = await newFile();
    expect(await file.put(file.bytes.subarray(0, HALF), 0)).toEqual({
      ...{ status: 200, told: { bytes: HALF, isHere: false } },
    });
    const before = host.log.length;
    const { socket } = await talk(host.port);
    socket.write(file.headOf(BYTES - HALF, HALF));
    await new Promise<void>((settle) =>
      socket.write(file.bytes.subarray(HALF, HALF + 2 ** 20), () => settle()),
    );
    socket.destroy();
    await noted(before);
    const { bytes: here } = Sent.parse(await file.sent());
    expect(here).toBeGreaterThanOrEqual(HALF);
    expect(await file.put(file.bytes.subarray(here), here)).toEqual({
      ...{ status: 200, told: { bytes: BYTES, isHere: true } },
    });
    expect(Buffer.from(await opened.blobs.read(file.hash)).equals(file.bytes)).toBe(true);
  });

  test("when the sender sends no more and is given up", async () => {
    const file = await newFile();
    await file.put(file.bytes.subarray(0, HALF), 0);
    const answer = await exchange(
      host.port,
      file.headOf(BYTES - HALF, HALF),
      file.bytes.subarray(HALF, HALF + 1000),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(await file.sent()).toEqual({ bytes: HALF + 1000, isHere: false });
  });
});

describe("nothing of a large file stays", () => {
  test("that is longer than was told", async () => {
    const file = await newFile();
    await file.put(file.bytes.subarray(0, HALF), 0);
    expect((await file.put(randomBytes(HALF + 1), HALF)).status).toBe(413);
    expect(await file.sent()).toEqual({ bytes: 0, isHere: false });
  });

  test("that is another one", async () => {
    const file = await newFile();
    await file.put(file.bytes.subarray(0, HALF), 0);
    expect((await file.put(randomBytes(HALF), HALF)).status).toBe(422);
    expect(await file.sent()).toEqual({ bytes: 0, isHere: false });
  });
});

test.each([
  ["small: it is sent whole, as the document says", SPOOLED_BYTES, 400],
  ["larger", SPOOLED_BYTES + 1, 200],
])("the beginning of a file that is %s", async (_, bytes, status) => {
  const file = await newFile(randomBytes(bytes));
  const answer = await file.put(file.bytes.subarray(0, 1000), 0);
  expect(answer.status).toBe(status);
  if (status === 400)
    expect(answer.told).toMatchObject({
      error: {
        parts: { received: "1000 bytes", fix: expect.stringContaining(`up to ${SPOOLED_BYTES} bytes`) },
      },
    });
  expect(await file.sent()).toEqual({ bytes: status === 400 ? 0 : 1000, isHere: false });
});

test("the document says in which order an upload's calls are made", () => {
  const { description = "" } = operationsOf(apiRouter).get("uploads.create")?.meta ?? {};
  const named = [...description.matchAll(/(?:POST|PUT|GET) (\/[\w/{}]+)/g)].map(([, path]) => path);
  const { paths } = z.object({ paths: z.record(z.string(), z.unknown()) }).parse(
    openApiDocument({
      operations: operationsOf(apiRouter),
      raw: uploadRoutes(opened.services.uploads, HTTP_LIMITS),
      version: "1",
    }),
  );
  expect(named).toHaveLength(4);
  expect(named.filter((path = "") => !(path in paths))).toEqual([]);
});
