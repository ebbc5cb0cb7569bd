// npm run bench:http -w @graft/test (npm run build first): what graft's HTTP costs. An empty procedure of a real `graft serve`
// (`system.version`), through tRPC with and without a token and through REST, and the same through tRPC's own standalone
// adapter, each against a bare `node:http` handler that answers the same JSON: time a request with 32 connections kept open,
// and the server's processor time for each. Servers are processes of their own; the load is made here from raw sockets,
// which cost less than any server. A machine changes its speed, so servers take turns; the middle of ROUNDS (7) counts.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { apiRouter, type Services } from "@graft/api";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import { PROGRAM } from "../setup/build-graft.ts";

const CONNECTIONS = 32;
const SECONDS = 2;
const ROUNDS = Number(process.env.ROUNDS ?? 7);
const VERSION = { version: "0.1.0", api: 1 } as const;
const TRPC = "/api/v1/trpc/system.version";

/** What a process of this file serves. */
const SERVERS: Readonly<Record<string, () => Server>> = {
  bare: () =>
    createServer((_, response) => {
      const text = JSON.stringify({ result: { data: VERSION } });
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      });
      response.end(text);
    }),
  adapter: () =>
    createHTTPServer({
      ...{ router: apiRouter, basePath: "/api/v1/trpc/" },
      createContext: () => ({
        ...{ identity: undefined, from: null, request: "" },
        services: { system: { version: () => VERSION } } as unknown as Services, // it calls no other
      }),
    }),
};

interface Target {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly path: string;
  readonly token?: string;
}

/** User and system time of a process so far, in microseconds; undefined where the system does not tell. */
async function cpuMicros(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  // in ticks of 10 ms
  return fields && (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** One connection that asks again as soon as it has its answer. @returns how many it got. */
function ask({ port, path, token }: Target, until: number): Promise<number> {
  const bearer = token === undefined ? "" : `authorization: Bearer ${token}\r\n`;
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${bearer}\r\n`);
  return new Promise((settle, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let answers = 0;
    socket.on("error", reject);
    socket.on("connect", () => socket.write(request));
    // an answer is one piece: it is small, and none is asked for before the last has come
    socket.on("data", (bytes) => {
      if (answers === 0 && !bytes.toString("latin1").includes('"version":"'))
        reject(new Error(`${path}: ${bytes.toString("latin1")}`));
      answers++;
      if (performance.now() < until) socket.write(request);
      else {
        socket.destroy();
        settle(answers);
      }
    });
  });
}

interface Figures {
  /** Milliseconds of a request, all connections together. */
  readonly ms: number;
  /** The server's processor, in microseconds. */
  readonly cpu: number;
}

async function measure(target: Target, seconds: number): Promise<Figures> {
  const before = (await cpuMicros(target.pid)) ?? Number.NaN;
  const begun = performance.now();
  const until = begun + seconds * 1000;
  const answers = await Promise.all(Array.from({ length: CONNECTIONS }, () => ask(target, until)));
  const total = answers.reduce((sum, each) => sum + each, 0);
  const ms = (performance.now() - begun) / total;
  return { ms, cpu: (((await cpuMicros(target.pid)) ?? Number.NaN) - before) / total };
}

/** Starts one of {@link SERVERS} in a process. */
async function start(name: string): Promise<Pick<Target, "pid" | "port"> & { readonly child: ChildProcess }> {
  const child = fork(import.meta.filename, [name], { execArgv: process.execArgv });
  const port = await new Promise<number>((settle) => child.once("message", (told) => settle(Number(told))));
  return { child, port, pid: child.pid ?? 0 };
}

async function startGraft(home: string) {
  const words = [PROGRAM, "serve", "--port", "0", "--workers", "0", "--json", "--home", home];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((settle) => createInterface(child.stdout).once("line", settle));
  const { port, enterUrl }: { port: number; enterUrl: string } = JSON.parse(line);
  return { child, port, pid: child.pid ?? 0, token: enterUrl.split("#")[1] ?? "" };
}

async function main(): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), "graft-bench-"));
  const [bare, adapter, graft] = await Promise.all([start("bare"), start("adapter"), startGraft(home)]);
  const { port, pid, token } = graft;
  const targets: readonly Target[] = [
    { ...bare, name: "bare node:http", path: TRPC },
    { name: "tRPC", pid, port, path: TRPC },
    { name: "tRPC with a token", pid, port, path: TRPC, token },
    { name: "REST", pid, port, path: "/api/v1/system/version" },
    { ...adapter, name: "tRPC's own adapter", path: TRPC },
  ];
  for (const target of targets) await measure(target, 2);
  const rounds: Figures[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const figures: Figures[] = [];
    for (const target of targets) figures.push(await measure(target, SECONDS));
    rounds.push(figures);
  }
  for (const { child } of [bare, adapter, graft]) child.kill();
  await new Promise((settle) => graft.child.once("close", settle));
  await rm(home, { recursive: true, force: true });
  console.log(`times a bare handler's: the middle of ${ROUNDS} rounds (the least, the most)`);
  for (const [i, { name }] of targets.entries()) {
    const of = (key: keyof Figures): string => {
      const ratios = rounds
        .map((figures) => (figures[i]?.[key] ?? 0) / (figures[0]?.[key] ?? 1))
        .sort((a, b) => a - b);
      const [least = 0, middle = 0, most = 0] = [ratios[0], ratios[ratios.length >> 1], ratios.at(-1)];
      return `${middle.toFixed(2)} (${least.toFixed(2)}, ${most.toFixed(2)})`;
    };
    console.log(`${name.padEnd(20)} time ${of("ms").padEnd(22)} processor ${of("cpu")}`);
  }
}

const serve = SERVERS[process.argv[2] ?? ""];
if (serve) {
  const server = serve();
  // a server that listens on a port has one
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
} else await main();
