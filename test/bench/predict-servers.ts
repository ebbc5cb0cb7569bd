// The servers that bench-predict-server.ts holds against each other, each a process that answers POST with a picture's bytes.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, resolve } from "node:path";
import * as z from "zod";
import { runCommand, withHome } from "./graft-command.ts";
import { startGraftServer } from "./graft-server.ts";

export interface BenchServer extends AsyncDisposable {
  readonly url: string;
  readonly token?: string;
  /** Of the server and all that it started. */
  readonly pid: number;
}

/** What the servers answer from. */
export interface BenchModel {
  /** A model folder of graft's. */
  readonly folder: string;
  /** The same network for Keras. */
  readonly h5: string;
  readonly size: number;
  readonly range: readonly [number, number];
}

/** A port that nobody has now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (typeof address !== "object" || address === null) throw new TypeError("it listened on a port");
  return address.port;
}

/** Waits until a process says "ready" on its standard output. */
async function whenReady(child: ChildProcess, name: string): Promise<void> {
  let said = "";
  await new Promise<void>((done, fail) => {
    child.stdout?.on("data", (text: Buffer) => {
      said += text.toString("utf8");
      if (said.includes("ready")) done();
    });
    child.once("exit", (code) => fail(new Error(`${name} ended with ${code}: ${said}`)));
    child.once("error", fail);
  });
}

async function started(
  name: string,
  command: string,
  words: readonly string[],
  port: number,
): Promise<BenchServer> {
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
  await whenReady(child, name);
  return {
    url: `http://127.0.0.1:${port}/predict`,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      const gone = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await gone;
    },
  };
}

/**
 * `graft serve`, with everything between a request and its answer: who asks, whose model it is, how often they may.
 * @param pictures a folder of classes that its model learns from: of the same shape as the others' model.
 */
export async function startGraft(pictures: string): Promise<BenchServer> {
  const server = await startGraftServer();
  const { url, token, pid } = server;
  const training = ["--epochs", "1", "--weights", "bundled", "--size", "150", "--cut", "mixed7", "--json"];
  const { lines } = await withHome((home) =>
    runCommand(["train", pictures, ...training, "--server", url, "--token", token], home),
  );
  const { run } = z.object({ run: z.string() }).parse(JSON.parse(lines.at(-1) ?? "{}"));
  return {
    ...{ token, pid, url: `${url}/api/v1/models/${run}/predict` },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** FastAPI, uvicorn and Keras. @param python one that has them. */
export async function startFastApi(
  python: string,
  mode: "predict" | "batched",
  { h5, size, range }: BenchModel,
): Promise<BenchServer> {
  const port = await freePort();
  const program = resolve(import.meta.dirname, "fastapi_baseline.py");
  const words = [program, h5, "--mode", mode, "--port", `${port}`, "--size", `${size}`];
  return started(`FastAPI (${mode})`, python, [...words, "--range", range.join(",")], port);
}

const PROGRAM = resolve(import.meta.dirname, "../../build/bench-predict-http.mjs");
/** The predictor behind Node's own HTTP and nothing else: what graft's server adds is not in it. */
const BARE = `
import { createServer } from "node:http";
import { mkdtempSync, readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { placeOnDisk } from "@graft/core/node";
import { ProcessPredictor } from "@graft/server";
const [port, folder] = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), "graft-bench-"));
const predictor = new ProcessPredictor({ home, folder: join(home, "exports") });
const key = createHash("sha256").update(readFileSync(join(folder, "graft.json"))).digest("hex");
const place = placeOnDisk(folder);
const model = { key, folder: place.folder.folder(place.path) };
const server = createServer((request, response) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", async () => {
    try {
      const { labels, answers } = await predictor.predict({ model, pictures: [Buffer.concat(pieces)] });
      const [answer] = answers;
      const text = JSON.stringify({ ...answer, labels });
      response.writeHead("error" in answer ? 422 : 200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
      response.end(text);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
});
await predictor.start();
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
process.on("SIGTERM", async () => {
  server.closeAllConnections();
  server.close();
  await predictor.close();
  process.exit(0);
});
`;

/** Node's HTTP around graft's predictor, from the built packages. */
export async function startBare({ folder }: BenchModel): Promise<BenchServer> {
  await mkdir(dirname(PROGRAM), { recursive: true });
  await writeFile(PROGRAM, BARE);
  const port = await freePort();
  return started("the predictor", process.execPath, [PROGRAM, `${port}`, folder], port);
}
