import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { CLIENT_SOCKET_OPTIONS, type LinkTimes, SOCKET_OPTIONS, SocketLink } from "./socket-link.ts";

interface Pair {
  readonly here: SocketLink;
  readonly there: SocketLink;
  /** Below them. */
  readonly sockets: { readonly here: WebSocket; readonly there: WebSocket };
}

const servers: WebSocketServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

async function pair(times: LinkTimes = {}): Promise<Pair> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...SOCKET_OPTIONS });
  servers.push(server);
  await new Promise((resolve) => server.once("listening", resolve));
  const accepted = new Promise<WebSocket>((resolve) => server.once("connection", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("it listens on a port");
  const here = new WebSocket(`ws://127.0.0.1:${address.port}`, CLIENT_SOCKET_OPTIONS);
  await new Promise((resolve) => here.once("open", resolve));
  const there = await accepted;
  return { here: new SocketLink(here, times), there: new SocketLink(there, times), sockets: { here, there } };
}

describe("a link over a socket", () => {
  it("carries the protocol's messages and its own, each to who listens, in order", async () => {
    const { here, there } = await pair();
    here.say({ type: "sign-in" });
    for (let at = 0; at < 5; at++) here.port.post({ at, data: new Float32Array(at * 100_000).fill(at) });
    here.say("bye");
    const protocol: unknown[] = [];
    const control: unknown[] = [];
    there.port.onMessage((message) => protocol.push(message));
    there.onControl((message) => control.push(message));
    await expect.poll(() => control).toEqual([{ type: "sign-in" }, "bye"]);
    expect(protocol.map((message) => Object(message).at)).toEqual([0, 1, 2, 3, 4]);
    expect(Object(protocol[4]).data).toEqual(new Float32Array(400_000).fill(4));
  });

  it("keeps little in the socket while the other side does not read, and goes on when it does", async () => {
    const { here, there, sockets } = await pair();
    const heard = new Promise<unknown>((resolve) => there.port.onMessage(resolve));
    sockets.there.pause();
    const data = new Uint8Array(64 * 2 ** 20).fill(7);
    here.port.post({ data });
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(sockets.here.bufferedAmount).toBeLessThan(3 * 2 ** 20);
    }
    sockets.there.resume();
    expect(await heard).toEqual({ data });
  });

  it("sends what was posted before it closes, and tells the other side", async () => {
    const { here, there } = await pair();
    const why = new Promise((resolve) => there.port.onClose(resolve));
    here.port.post({ data: new Uint8Array(10 * 2 ** 20) });
    here.port.close();
    here.port.post("too late");
    const heard: unknown[] = [];
    there.port.onMessage((message) => heard.push(Object(message).data.byteLength));
    expect(await why).toBe("the connection was closed (1000)");
    expect(heard).toEqual([10 * 2 ** 20]);
  });

  it("ends when nothing is heard any more, and stays while there is", async () => {
    const { here, there, sockets } = await pair({ pingMs: 10, silentMs: 1000 });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(sockets.here.readyState).toBe(WebSocket.OPEN);
    sockets.there.pause();
    // neither hears the other any more, and one of them is the first to say so
    expect([await here.closed, await there.closed]).toContain("nothing was heard for 1 s");
  });

  it("ends with a side that says what cannot be read, that is too large, or that nobody listens to", async () => {
    const strange = await pair();
    strange.sockets.there.send("GET / HTTP/1.1");
    expect(await strange.here.closed).toContain("too large");
    const large = await pair();
    large.sockets.there.send(new Uint8Array(2 ** 20));
    expect(await large.here.closed).toContain("Max payload size exceeded");
    const talkative = await pair();
    for (let at = 0; at < 200; at++) talkative.there.port.post(at);
    expect(await talkative.here.closed).toBe("the other side says too much");
  });
});
