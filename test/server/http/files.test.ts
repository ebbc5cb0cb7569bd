import { setTimeout as wait } from "node:timers/promises";
import { SPOOLED_BYTES } from "@graft/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, exchange, talk } from "./ask.ts";
import { openApiFaults } from "./openapi-faults.ts";
import { answerOf, asked, BYTES, HASH, intake, rawRoutes } from "./raw-services.ts";
import { ADMIN, CONTRIBUTOR, type StartedHost, startHost } from "./start-host.ts";

const bearer = { authorization: `Bearer ${ADMIN}` };

let host: StartedHost;
beforeAll(async () => {
  host = await startHost({
    limits: { idleMs: 400, uploadBytes: 1e9, predictBytes: 200_000 },
    raw: rawRoutes,
  });
});
afterAll(() => host[Symbol.asyncDispose]());

const api = (path: string): string => `${host.url}/api/v1${path}`;
const put = (hash: string, body: Uint8Array, query = ""): Promise<Response> =>
  fetch(api(`/uploads/u/blobs/${hash}${query}`), { method: "PUT", headers: bearer, body });

describe("a file that is sent", () => {
  it("comes whole, and is counted", async () => {
    const response = await put(HASH, BYTES);
    expect([response.status, await response.json()]).toEqual([200, { bytes: 100_000, isHere: true }]);
    expect(asked.at(-1)).toEqual(["account-admin", "u", HASH, 0]);
    expect(await host.metrics.text()).toContain('graft_request_bytes_total{procedure="uploads.send"} 100000');
  });

  it("goes on where it broke off", async () => {
    expect((await ask(api(`/uploads/u/blobs/${HASH}`))).body).toEqual({ bytes: 7, isHere: false });
    await put(HASH, BYTES.subarray(7), "?offset=7");
    expect(asked.at(-1)).toEqual(["account-admin", "u", HASH, 7]);
    expect((await put(HASH, BYTES, "?offset=-1")).status).toBe(400);
  });

  it("is refused for other bytes, for what is no hash, for another's upload, and for a role that sends none", async () => {
    expect((await put("0".repeat(64), BYTES)).status).toBe(422);
    for (const hash of ["0".repeat(63), "G".repeat(64), "..%2f..%2fetc", HASH.toUpperCase()])
      expect((await put(hash, BYTES)).status).toBe(400);
    expect((await ask(api(`/uploads/v/blobs/${HASH}`))).status).toBe(404);
    expect((await ask(api(`/uploads/u/blobs/${HASH}`), { token: null })).status).toBe(401);
    expect((await ask(api(`/uploads/u/blobs/${HASH}`), { token: CONTRIBUTOR })).status).toBe(403);
  });

  it("waits for who takes it, and fills no memory meanwhile", async () => {
    let open = (): void => undefined;
    intake.gate = new Promise((settle) => {
      open = settle;
    });
    const { socket, waitFor } = await talk(host.port);
    const piece = Buffer.alloc(1e6);
    socket.write(
      `PUT /api/v1/uploads/u/blobs/${HASH} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${ADMIN}\r\n`,
    );
    socket.write("content-length: 80000000\r\n\r\n");
    let sent = 0;
    // until nothing goes through any more
    for (;;) {
      const isFree = socket.write(piece);
      sent += piece.length;
      if (isFree) continue;
      const went = await Promise.race([
        new Promise((go) => socket.once("drain", () => go(true))),
        wait(300, false),
      ]);
      if (!went) break;
    }
    // what the system keeps between two sockets, and no more
    expect(sent).toBeLessThan(30e6);
    expect(intake.taken).toBe(0);
    open();
    intake.gate = Promise.resolve();
    for (; sent < 80e6; sent += piece.length)
      if (!socket.write(piece)) await new Promise((go) => socket.once("drain", go));
    await waitFor(/HTTP\/1\.1 422/);
    expect(intake.taken).toBe(80e6);
    socket.destroy();
  });

  it("that comes no further is given up", async () => {
    const answer = await exchange(
      host.port,
      `PUT /api/v1/uploads/u/blobs/${HASH} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${ADMIN}\r\n`,
      "content-length: 100\r\n\r\nabc",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("whose sender leaves is not taken for whole", async () => {
    const { socket } = await talk(host.port);
    socket.write(
      `PUT /api/v1/uploads/u/blobs/${HASH} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${ADMIN}\r\n`,
    );
    socket.write("content-length: 100\r\n\r\nabc");
    await wait(50);
    const before = host.log.length;
    socket.destroy();
    while (!host.log.slice(before).some((line) => line.includes("uploads.send"))) await wait(5);
    expect(host.log.slice(before).join("")).not.toContain('"status":200');
  });
});

describe("a file that is read", () => {
  it("comes whole, and says what it is; nothing of it can run", async () => {
    const response = await fetch(api("/images/i/file"), { headers: bearer });
    expect(Buffer.from(await response.arrayBuffer()).equals(BYTES)).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...{
        "content-type": "image/jpeg",
        "content-length": "100000",
        etag: `"${HASH}"`,
        "accept-ranges": "bytes",
      },
      ...{ "cache-control": "private, no-cache", "x-content-type-options": "nosniff" },
      "content-security-policy": expect.stringContaining("sandbox"),
      "content-disposition":
        "attachment; filename=\"K_se _1_.jpg\"; filename*=UTF-8''K%C3%A4se%20%221%22.jpg",
    });
  });

  it("comes in part", async () => {
    const part = async (range: string, headers = {}) => {
      const response = await fetch(api("/images/i/file"), { headers: { ...bearer, range, ...headers } });
      return [
        response.status,
        response.headers.get("content-range"),
        Buffer.from(await response.arrayBuffer()),
      ] as const;
    };
    expect(await part("bytes=10-19")).toEqual([206, "bytes 10-19/100000", BYTES.subarray(10, 20)]);
    expect(await part("bytes=-1500")).toEqual([206, "bytes 98500-99999/100000", BYTES.subarray(98_500)]);
    expect((await part("bytes=100000-"))[0]).toBe(416);
    // a client that goes on with another file than it began gets all of this one
    expect((await part("bytes=10-19", { "if-range": '"other"' }))[0]).toBe(200);
    expect((await part("bytes=10-19", { "if-range": `"${HASH}"` }))[0]).toBe(206);
  });

  it("does not come twice", async () => {
    const again = await ask(api("/images/i/thumbnail"), { headers: { "if-none-match": `"${HASH}"` } });
    expect([again.status, again.body, again.headers.get("cache-control")]).toEqual([
      304,
      "",
      "private, max-age=600",
    ]);
    const head = await fetch(api("/images/i/thumbnail"), { method: "HEAD", headers: bearer });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "100000", ""]);
  });

  it("has a path of names, which leads out of nothing", async () => {
    expect((await ask(api("/runs/r/files/model/model.json"))).status).toBe(200);
    expect(asked.at(-1)).toEqual(["r", "model/model.json"]);
    for (const path of [
      "..%2f..%2fetc%2fpasswd",
      "a%2f..%2fb",
      "a%2f%2fb",
      "%2fetc",
      "a%5c..%5cb",
      "a%00b",
      ".",
      "a/.",
    ]) {
      const answer = await exchange(
        host.port,
        `GET /api/v1/runs/r/files/${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${ADMIN}\r\nconnection: close\r\n\r\n`,
      );
      expect(answer, path).toMatch(/^HTTP\/1\.1 404 /);
    }
    expect(asked.at(-1)).toEqual(["r", "model/model.json"]);
  });

  it("that is not there is told as such", async () => {
    expect(await ask(api("/images/other/file"))).toMatchObject({
      status: 404,
      body: { error: { message: "There is no such picture." } },
    });
  });
});

describe("a model's files together", () => {
  it("are one zip that is saved under its name, made while it is sent", async () => {
    const response = await fetch(api("/models/r/zip/keras"), { headers: bearer });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/zip");
    expect(response.headers.get("content-disposition")).toContain('filename="pets-keras.zip"');
    expect(response.headers.get("content-length")).toBe("100000");
    expect(Buffer.from(await response.arrayBuffer()).equals(BYTES)).toBe(true);
    expect(asked.at(-1)).toEqual(["r", "keras"]);
    const head = await fetch(api("/models/r/zip/keras"), { method: "HEAD", headers: bearer });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "100000", ""]);
    expect((await ask(api("/models/r/zip/pickle"))).status).toBe(404);
    const refused = await fetch(api("/models/r/zip/keras"), {
      headers: { authorization: `Bearer ${CONTRIBUTOR}` },
    });
    expect(refused.status).toBe(403);
  });
});

describe("a picture for a model", () => {
  const predict = (body: Uint8Array | string, type?: string) =>
    fetch(api("/models/r/predict"), {
      ...{ method: "POST", body },
      headers: { ...bearer, ...(type === undefined ? {} : { "content-type": type }) },
    });

  it("is the body as it is, whatever the client calls it", async () => {
    for (const type of [
      "image/jpeg",
      "application/octet-stream",
      "application/x-www-form-urlencoded",
      undefined,
    ]) {
      const response = await predict(BYTES, type);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual(answerOf("r", 100_000));
    }
  });

  it("is explained where that is wanted", async () => {
    const explained = (explain: string) =>
      fetch(`${api("/models/r/predict")}?explain=${explain}`, {
        method: "POST",
        body: BYTES,
        headers: bearer,
      });
    expect(await (await explained("true")).json()).toEqual(answerOf("r", 100_000, true));
    expect(await (await explained("false")).json()).toEqual(answerOf("r", 100_000));
    expect((await explained("perhaps")).status).toBe(400);
  });

  it("or several as JSON", async () => {
    const body = JSON.stringify({
      images: [{ base64: "AAEC" }, { name: "two", base64: BYTES.toString("base64") }],
    });
    const response = await predict(body, "application/json; charset=utf-8");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual([answerOf("r", 3), answerOf("r", 100_000)]);
  });

  it.each([
    ["nothing", "", "image/png", 400],
    ["no JSON", "{", "application/json", 400],
    ["no pictures", '{"images": []}', "application/json", 400],
    ["no base64", '{"images": [{"base64": "ä"}]}', "application/json", 400],
    ["what is no picture", "abc", "image/png", 422],
    ["too much", "a".repeat(200_001), "image/png", 413],
  ])("is refused: %s", async (_, body, type, status) =>
    expect((await predict(body, type)).status).toBe(status),
  );
});

it("raw routes stand in the document", async () => {
  const { body } = await ask(api("/openapi.json"));
  expect(openApiFaults(body)).toEqual([]);
  expect(body).toMatchObject({
    paths: {
      "/uploads/{upload}/blobs/{hash}": {
        put: {
          operationId: "uploads.send",
          description: expect.stringContaining(`A file of up to ${SPOOLED_BYTES} bytes is sent whole`),
          requestBody: { content: { "application/octet-stream": {} } },
        },
        get: { operationId: "uploads.sent" },
      },
      "/runs/{run}/files/{path}": { get: { parameters: [{ name: "run" }, { name: "path", in: "path" }] } },
      "/models/{run}/predict": { post: { operationId: "models.ask" } },
    },
  });
});
