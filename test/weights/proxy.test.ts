import { createServer, request } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import { nodeFetch } from "@graft/core/node";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addressOf, type FileServer, serve } from "./file-server.ts";

/** What the proxy was asked for: "GET host:port" or "CONNECT host:port". */
let asked: string[] = [];
let origin: FileServer;
let proxyUrl = "";

/** weights.test is a name that only the proxy knows: it leads to the test's server. */
const hostOf = (hostname: string): string => (hostname === "weights.test" ? "127.0.0.1" : hostname);

/** A real forward proxy: forwards http, tunnels https. */
const proxy = createServer((incoming, response) => {
  const { hostname, port, pathname, host } = new URL(incoming.url ?? "");
  asked.push(`${incoming.method} ${host}`);
  const { method, headers } = incoming;
  request({ host: hostOf(hostname), port, path: pathname, method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  }).end();
});
proxy.on("connect", ({ url = "" }, client, head) => {
  asked.push(`CONNECT ${url}`);
  const { hostname, port } = new URL(`http://${url}`);
  const server = connect(Number(port), hostOf(hostname), () => {
    client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    server.write(head);
    server.pipe(client).pipe(server);
  });
  for (const socket of [server, client]) socket.on("error", () => socket.destroy());
});

beforeAll(async () => {
  origin = await serve((_, response) => response.end("through"));
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  proxyUrl = `http://127.0.0.1:${addressOf(proxy.address()).port}`;
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => {
  await origin[Symbol.asyncDispose]();
  proxy.closeAllConnections();
  proxy.close();
});

const textOf = async (env: NodeJS.ProcessEnv, url: string): Promise<string> =>
  (await nodeFetch(env)(url)).text();

test.each(["HTTP_PROXY", "http_proxy"])("a request goes through the proxy that %s names", async (name) => {
  const url = `http://weights.test:${new URL(origin.url).port}/`;
  expect(await textOf({ [name]: proxyUrl }, url)).toBe("through");
  expect(asked).toEqual([`GET ${new URL(url).host}`]);
});

test("https goes to HTTPS_PROXY, and its refusal is an error", async () => {
  const url = `https://weights.test:${new URL(origin.url).port}/`;
  // the tunnel stands, then TLS fails: the origin speaks plain HTTP
  await expect(textOf({ HTTPS_PROXY: proxyUrl }, url)).rejects.toThrow();
  expect(asked).toEqual([`CONNECT ${new URL(url).host}`]);
});

test("NO_PROXY and an environment without a proxy go straight to the server", async () => {
  expect(await textOf({ HTTP_PROXY: proxyUrl, NO_PROXY: "127.0.0.1" }, origin.url)).toBe("through");
  expect(await textOf({}, origin.url)).toBe("through");
  expect(asked).toEqual([]);
});

test.each([
  ["HTTPS_PROXY", "https"],
  ["HTTP_PROXY", "http"],
])("a request that is given up leaves no connection to a mute proxy of %s", async (name, protocol) => {
  const mute = createTcpServer();
  const closed = new Promise<void>((settle) => {
    mute.on("connection", (socket) => {
      // reset or ended, and what was asked must be read for either to be seen
      socket.resume().on("error", () => undefined);
      socket.on("close", () => settle());
    });
  });
  const hasAsked = new Promise((settle) => mute.on("connection", (socket) => socket.once("data", settle)));
  await new Promise<void>((settle) => mute.listen(0, "127.0.0.1", settle));
  try {
    const muteUrl = `http://127.0.0.1:${addressOf(mute.address()).port}`;
    const controller = new AbortController();
    const request = nodeFetch({ [name]: muteUrl })(`${protocol}://weights.test/`, {
      signal: controller.signal,
    });
    const failed = expect(request).rejects.toThrow(/abort/);
    await hasAsked;
    controller.abort();
    await failed;
    await closed;
  } finally {
    mute.close();
  }
});
