import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { asCoreError, connect } from "./client.ts";

const server = createServer();
afterEach(() => {
  server.closeAllConnections();
  server.removeAllListeners("request").close();
});

async function serve(answer: RequestListener): Promise<string> {
  await new Promise<void>((settle) => server.on("request", answer).listen(0, "127.0.0.1", settle));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return `http://127.0.0.1:${port}`;
}

it("says that the server is gone when an answer breaks off in its middle", async () => {
  const url = await serve((_, answer) => {
    answer.writeHead(200, { "content-length": "100" }).write("{");
    setTimeout(() => answer.destroy(), 20);
  });
  const broken = await (await connect({ url, token: "t" }).bytes("/x"))
    .json()
    .catch((error: unknown) => error);
  expect(asCoreError(broken, url)).toMatchObject({
    ...{ code: "offline", message: expect.stringContaining("Check that `graft serve` runs there") },
  });
  expect(asCoreError(new TypeError("a defect"), url)).toBeInstanceOf(TypeError);
});

it("says that a port is one that no browser opens, and does not wait for it", async () => {
  const url = "http://127.0.0.1:1";
  const thrown = await connect({ url, token: "t" })
    .api.system.version.query()
    .catch((error: unknown) => error);
  expect(asCoreError(thrown, url)).toMatchObject({
    ...{
      code: "bad-input",
      message: expect.stringMatching(/No web server can be at the port.*127\.0\.0\.1:1\./),
    },
  });
});

it("gives the words of a server that refuses before a procedure could", async () => {
  const error = { name: "CoreError", code: "busy", message: "The server is starting.", facts: {} };
  const url = await serve((_, answer) => {
    answer.writeHead(503, { "content-type": "application/json" }).end(JSON.stringify({ error }));
  });
  const refused = await connect({ url, token: "t" })
    .api.system.version.query()
    .catch((thrown: unknown) => thrown);
  expect(asCoreError(refused, url)).toMatchObject({ code: "busy", message: "The server is starting." });
});
