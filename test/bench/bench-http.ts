// npm run bench:http -w @graft/test: what graft's HTTP costs. An empty procedure through tRPC, through REST and through tRPC's own
// standalone adapter, each against a bare `node:http` handler that answers the same bytes: requests a second with 32
// connections kept open, and the server's processor time for each. Servers are processes of their own; the load is made here
// from raw sockets, which cost less than any server. A machine changes its speed, so servers take turns; the middle round counts.
import { type ChildProcess, fork } from "node:child_process";
import { createServer } from "node:http";
import { connect } from "node:net";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import { ADMIN, emptyRouter, startHost } from "../server/http/start-host.ts";

const SERVERS = ["bare", "trpc", "trpc with a token", "rest", "standalone adapter"] as const;
type Name = (typeof SERVERS)[number];

const CONNECTIONS = 32;
const SECONDS = 2;
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const ANSWER = { result: { data: { version: "0.1.0", api: 1 } } };

/** What a child does: serves, and tells its processor time when asked. */
async function serve(name: Name): Promise<void> {
  const port = await listen(name);
  process.on("message", () => process.send?.({ cpu: process.cpuUsage() }));
  process.send?.({ port });
}

async function listen(name: Name): Promise<number> {
  if (name === "bare") {
    const server = createServer((_, response) => {
      const text = JSON.stringify(ANSWER);
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      });
      response.end(text);
    });
    return new Promise((settle) =>
      server.listen(0, "127.0.0.1", () => settle(Number(new URL(`http://${addressOf(server)}`).port))),
    );
  }
  if (name === "standalone adapter") {
    const server = createHTTPServer({
      router: emptyRouter,
      basePath: "/api/v1/trpc/",
      createContext: () => ({ identity: undefined, from: null, request: "", services: {} as never }), // it uses none
    });
    return new Promise((settle) =>
      server.listen(0, "127.0.0.1", () => settle(Number(new URL(`http://${addressOf(server)}`).port))),
    );
  }
  return (await startHost({ router: emptyRouter, level: "info" })).port;
}

function addressOf(server: { address(): unknown }): string {
  const address = server.address();
  if (typeof address !== "object" || address === null || !("port" in address)) throw new Error("no port");
  return `127.0.0.1:${Number(address.port)}`;
}

function requestOf(name: Name, port: number): Buffer {
  const path = name === "rest" ? "/api/v1/system/version" : "/api/v1/trpc/system.version";
  const token = name === "trpc with a token" ? `authorization: Bearer ${ADMIN}\r\n` : "";
  return Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${token}\r\n`);
}

/** One connection that asks again as soon as it has its answer. @returns how many it got. */
function ask(port: number, request: Buffer, until: number): Promise<number> {
  return new Promise((settle, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let answers = 0;
    let length = -1;
    let got = 0;
    socket.on("error", reject);
    socket.on("connect", () => socket.write(request));
    socket.on("data", (bytes) => {
      got += bytes.length;
      if (length === -1) {
        const head = bytes.toString("latin1");
        const end = head.indexOf("\r\n\r\n");
        if (!head.startsWith("HTTP/1.1 200")) reject(new Error(head));
        const [, body = "0"] = /content-length: (\d+)/i.exec(head) ?? [];
        // one that comes in chunks is the same each time, too
        length = /transfer-encoding: chunked/i.test(head) ? bytes.length : end + 4 + Number(body);
      }
      if (got < length) return;
      got -= length;
      answers++;
      if (performance.now() < until) socket.write(request);
      else {
        socket.destroy();
        settle(answers);
      }
    });
  });
}

interface Started {
  readonly name: Name;
  readonly child: ChildProcess;
  readonly port: number;
}

const told = (child: ChildProcess): Promise<{ port: number; cpu: NodeJS.CpuUsage }> =>
  new Promise((settle) => child.once("message", (message) => settle(message as never))); // this file's own messages

async function start(name: Name): Promise<Started> {
  const child = fork(import.meta.filename, [name], { execArgv: process.execArgv });
  return { name, child, port: (await told(child)).port };
}

async function cpuMicros(child: ChildProcess): Promise<number> {
  child.send("cpu");
  const { cpu } = await told(child);
  return cpu.user + cpu.system;
}

async function measure({ name, child, port }: Started, seconds: number) {
  const request = requestOf(name, port);
  const before = await cpuMicros(child);
  const begun = performance.now();
  const answers = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => ask(port, request, begun + seconds * 1000)),
  );
  const total = answers.reduce((sum, each) => sum + each, 0);
  const wall = (performance.now() - begun) / 1000;
  return { rate: total / wall, micros: ((await cpuMicros(child)) - before) / total };
}

async function main(): Promise<void> {
  const servers = await Promise.all(SERVERS.map(start));
  for (const server of servers) await measure(server, 1);
  const rounds: Map<Name, { rate: number; micros: number }>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const figures = new Map<Name, { rate: number; micros: number }>();
    for (const server of servers) figures.set(server.name, await measure(server, SECONDS));
    rounds.push(figures);
  }
  for (const { child } of servers) child.kill();
  const middle = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
  console.log("times a bare handler's: middle round (least, most)");
  for (const name of SERVERS) {
    const of = (key: "rate" | "micros") => rounds.map((round) => round.get(name)?.[key] ?? 0);
    const bare = (key: "rate" | "micros") => rounds.map((round) => round.get("bare")?.[key] ?? 0);
    const slower = of("rate").map((rate, i) => (bare("rate")[i] ?? 0) / rate);
    const dearer = of("micros").map((micros, i) => micros / (bare("micros")[i] ?? 1));
    const text = (list: readonly number[]) =>
      `${middle(list).toFixed(2)} (${Math.min(...list).toFixed(2)}, ${Math.max(...list).toFixed(2)})`;
    console.log(
      `${name.padEnd(20)} time a request ${text(slower)}   processor ${text(dearer)}   ${Math.round(middle(of("rate")))}/s`,
    );
  }
}

const [, , asked] = process.argv;
const name = SERVERS.find((each) => each === asked);
if (name) await serve(name);
else await main();
