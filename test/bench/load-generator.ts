// node --conditions=graft-source --import tsx test/bench/load-generator.ts URL CLIENTS SECONDS FOLDER [TOKEN]: clients that send
// pictures of a folder one after the other over connections that stay open; one JSON line of what came of it. A process of its
// own, so that what it costs is no part of the server's figures.
import { readdirSync, readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";

const [url = "", clients = "1", seconds = "5", folder = "", token] = process.argv.slice(2);
const pictures = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
const agent = new Agent({ keepAlive: true, maxSockets: Number(clients) });
const latencies: number[] = [];
let errors = 0;
let firstError = "";

function send(picture: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const start = performance.now();
    const failed = (why: string): void => {
      errors++;
      firstError ||= why;
      resolve();
    };
    const headers = {
      "content-type": "application/octet-stream",
      "content-length": picture.length,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const asked = request(url, { agent, method: "POST", headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("end", () => {
        if (response.statusCode !== 200)
          return failed(`${response.statusCode} ${Buffer.concat(pieces).toString("utf8").slice(0, 300)}`);
        latencies.push(performance.now() - start);
        resolve();
      });
    });
    asked.on("error", (error) => failed(String(error)));
    asked.end(picture);
  });
}

const begin = performance.now();
const until = begin + 1000 * Number(seconds);
let next = 0;
async function client(): Promise<void> {
  while (performance.now() < until) {
    const picture = pictures[next++ % pictures.length];
    if (picture) await send(picture);
  }
}
await Promise.all(Array.from({ length: Number(clients) }, client));
const took = (performance.now() - begin) / 1000;
console.log(JSON.stringify({ tookSeconds: took, latenciesMs: latencies, errors, firstError }));
agent.destroy();
